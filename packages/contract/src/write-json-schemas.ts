import { writeFileSync } from "node:fs";
import { jsonSchemas } from "./json-schemas.ts";

// Run by `pnpm --filter @shardgate/contract schemas`; a test fails when the files are stale.
for (const [name, schema] of Object.entries(jsonSchemas)) {
  writeFileSync(new URL(`../schemas/${name}.json`, import.meta.url), `${JSON.stringify(schema, null, 2)}\n`);
}
