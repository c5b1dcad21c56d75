import { expect, it } from "vitest";
import type { UpstreamDefinition } from "../../upstreams/index.ts";
import { envProvider } from "./index.ts";

async function read(shards: string): Promise<readonly UpstreamDefinition[]> {
  let seen: readonly UpstreamDefinition[] = [];
  await envProvider(shards).watch(
    (definitions) => (seen = definitions),
    new AbortController().signal,
    () => undefined,
  );
  return seen;
}

it("reads addresses, which name themselves later; twice the same is once", async () => {
  const definitions = await read(" http://a:9101, http://b:9102 ,,http://a:9101");
  expect(definitions.map(({ name, options }) => [name, options.kind, "url" in options && options.url])).toEqual([
    [undefined, "shard", "http://a:9101"],
    [undefined, "shard", "http://b:9102"],
  ]);
});

it("names the entry that is no address", () => {
  expect(() => envProvider("http://a:9101,b:9102")).toThrow('SHARDS: "b:9102" must be an http:// or https:// address');
});
