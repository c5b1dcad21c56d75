import { writeFileSync } from "node:fs";
import { gatewayJsonSchema } from "./json-schema.ts";

// Run by `pnpm --filter @shardgate/gateway schemas`; a test fails when the file is stale.
const file = new URL("../../schemas/gateway.json", import.meta.url);
writeFileSync(file, `${JSON.stringify(gatewayJsonSchema, null, 2)}\n`);
