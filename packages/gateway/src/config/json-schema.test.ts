import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { gatewayJsonSchema } from "./json-schema.ts";

it("schemas/gateway.json says what the code says", () => {
  const file = readFileSync(new URL("../../schemas/gateway.json", import.meta.url), "utf8");
  expect(JSON.parse(file), "run `pnpm --filter @shardgate/gateway schemas`").toEqual(gatewayJsonSchema);
});
