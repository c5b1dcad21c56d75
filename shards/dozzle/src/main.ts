import { serve } from "@shardgate/shard-sdk/serve";
import { shard } from "./shard.ts";

await serve(shard, process);
