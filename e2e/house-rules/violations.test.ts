import { expect, test } from "vitest";
import { violationsIn } from "./violations.ts";

const exports = new Map([
  ["@shardgate/contract", "packages/contract/src/index.ts"],
  ["@shardgate/mcp-wire", "packages/mcp-wire/src/index.ts"],
  ["@shardgate/shard-sdk", "packages/shard-sdk/src/index.ts"],
  ["@shardgate/gateway", "packages/gateway/src/index.ts"],
]);

const src = "packages/gateway/src";

/** A planted file, and a piece of the sentence that must be said about it; undefined: nothing may be said. */
const planted: readonly [path: string, text: string, said: string | undefined][] = [
  [`${src}/gateway.ts`, `import { qualify } from "@shardgate/contract";\n`, undefined],
  [`${src}/gateway.ts`, `import { defineShard } from "@shardgate/shard-sdk";\n`, "over the wire only"],
  [`${src}/gateway.test.ts`, `import { defineShard } from "@shardgate/shard-sdk";\n`, "over the wire only"],
  [`${src}/gateway.ts`, `import { x } from "../../../shards/time/src/shard.ts";\n`, "over the wire only"],
  ["packages/contract/src/a.ts", `import type { Gateway } from "@shardgate/gateway";\n`, "below everything"],
  ["packages/mcp-wire/src/a.ts", `export { x } from "@shardgate/contract";\n`, "knows nothing of the house"],
  ["packages/new-one/src/a.ts", `import "@shardgate/contract";\n`, "has no rule yet"],
  [`${src}/a.ts`, `import { x } from "@shardgate/contract/inside";\n`, "no package.json offers that"],
  [`${src}/a.ts`, `import { Client } from "@modelcontextprotocol/client";\n`, "strips what it does not know"],
  [`${src}/a.ts`, `import { Client } from "@modelcontextprotocol/sdk/client/index.js";\n`, "never shipped"],
  ["e2e/interop.test.ts", `import { Client } from "@modelcontextprotocol/sdk/client/index.js";\n`, undefined],
  [`${src}/app.ts`, `import { Hono } from "hono";\n`, undefined],
  [`${src}/fronts/mcp/index.ts`, `import {\n  Hono,\n  type Context,\n} from "hono";\n`, "knows the framework"],
  [`${src}/fronts/mcp/index.ts`, `const hono = await import${"("}"hono");\n`, "knows the framework"],
  [`${src}/fronts/mcp/index.ts`, `// import { Hono } from "hono";\n/* import "hono"; */\n`, undefined],
  [`${src}/core/catalog.ts`, `import { z } from "zod";\n`, "core is pure"],
  [`${src}/core/catalog.ts`, `import type { Registry } from "../registry/registry.ts";\n`, "core is pure"],
  [`${src}/core/catalog.ts`, `import { readFile } from "node:fs/promises";\n`, "no I/O"],
  [`${src}/core/catalog.ts`, `import { createHash } from "node:crypto";\nimport { a } from "./a.ts";\n`, undefined],
  [`${src}/core/catalog.test.ts`, `import { test } from "vitest";\nimport "node:fs";\n`, undefined],
  [`${src}/fronts/mcp/index.ts`, `import { x } from "../../upstreams/upstream.ts";\n`, "never an upstream"],
  [`${src}/upstreams/shard/index.ts`, `import { x } from "../../fronts/front.ts";\n`, "never sees who calls it"],
  [`${src}/upstreams/shard/index.ts`, `import { x } from "../mcp-http/index.ts";\n`, "sibling kind"],
  [`${src}/upstreams/shard/index.ts`, `import { x } from "../upstream.ts";\nimport "./probe.ts";\n`, undefined],
  [`${src}/upstreams/index.ts`, `import { x } from "./shard/index.ts";\n`, undefined],
  [`${src}/commands/serve.ts`, `import "../main.ts";\n`, "starts a process"],
  [`${src}/registry/registry.ts`, `const home = process.env["HOME"];\n`, "uses process"],
  [`${src}/registry/registry.ts`, `import { env } from "node:process";\n`, "uses process"],
  [`${src}/registry/registry.ts`, `// process.env is read in main.ts\nconst subprocess = spawn();\n`, undefined],
  [`${src}/gateway.ts`, `sink.resume = (id) => send(id);\n`, "among the old objects"],
  [`${src}/gateway.ts`, `sink.#resume ??= async (id: string): Promise<void> => send(id);\n`, "among the old objects"],
  [`${src}/gateway.ts`, `found[0].stop = function stop() {};\n`, "among the old objects"],
  [`${src}/gateway.ts`, `sink.resume = resuming(sink, (id) => id);\nconst f = (id) => id;\n`, undefined],
  [`${src}/gateway.test.ts`, `sink.resume = (id) => send(id);\n`, undefined],
  [`${src}/main.ts`, `const home = process.env["HOME"];\n`, undefined],
  [`${src}/registry/Registry.ts`, "", "kebab-case"],
  [`${src}/registry/health_check.ts`, "", "kebab-case"],
  [`${src}/registry/long.ts`, "\n".repeat(301), "301 lines"],
  [`${src}/registry/long.ts`, "\n".repeat(300), undefined],
];

test.each(planted)("%s: %j", (path, text, said) => {
  const violations = violationsIn([{ path, text }], exports);
  expect(violations).toHaveLength(said === undefined ? 0 : 1);
  expect(violations.join("\n")).toContain(said ?? "");
});

test("files that import each other are named, the whole way round", () => {
  const file = (name: string, ...imported: string[]) => ({
    path: `${src}/registry/${name}.ts`,
    text: imported.map((other) => `import { X } from "./${other}.ts";\n`).join(""),
  });
  const straight = [file("a", "b", "c"), file("b", "c"), file("c")];
  expect(violationsIn(straight, exports)).toEqual([]);
  const types = [file("a", "b"), { ...file("b"), text: `import type { X } from "./a.ts";\n` }];
  expect(violationsIn(types, exports)).toEqual([]);
  const round = [file("a", "b"), file("b", "c"), file("c", "b")];
  const way = [`${src}/registry/b.ts`, `${src}/registry/c.ts`, `${src}/registry/b.ts`].join(" → ");
  expect(violationsIn(round, exports)).toEqual([expect.stringContaining(way)]);
});
