import { serve } from "@shardgate/shard-sdk/serve";
import { traefikShard } from "./shard.ts";

await serve(traefikShard({ simulated: !process.env["TRAEFIK_API_URL"] }), process);
