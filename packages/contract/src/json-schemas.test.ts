import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { jsonSchemas } from "./json-schemas.ts";

it.each(Object.entries(jsonSchemas))("schemas/%s.json says what the code says", (name, schema) => {
  const file = readFileSync(new URL(`../schemas/${name}.json`, import.meta.url), "utf8");
  expect(JSON.parse(file), "run `pnpm --filter @shardgate/contract schemas`").toEqual(schema);
});
