import { healthSchema, manifestSchema, qualifyNames } from "@shardgate/contract";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createShardApp, type ShardApp } from "../app.ts";
import type { JsonObject } from "../json-schema.ts";
import type { Shard } from "../shard.ts";
import { toolResult, type CallToolOptions } from "./call-tool.ts";
import { eras, initialize, request } from "./rpc.ts";

interface ListedTool {
  readonly name: string;
  readonly title?: string;
  readonly description: string;
  readonly inputSchema: {
    readonly properties?: Readonly<Record<string, JsonObject>>;
    readonly required?: readonly string[];
  };
  readonly annotations: JsonObject;
}

const plainTypes = new Set<unknown>(["string", "number", "integer", "boolean", "array"]);

/** An argument that no tool has. */
const STRANGER = "no_such_argument";

/**
 * The promises of every shard as a vitest suite, to be called at the top of its test file: health and manifest fit the
 * contract, the manifest equals `tools/list`, tools are named and described for models, both protocol eras list and
 * call, and wrong arguments are named. It never runs a tool, so it is safe for those that change things.
 */
export function testShard(shard: Shard, { config = {} }: CallToolOptions = {}): void {
  describe(`shard ${shard.name}`, () => {
    let app: ShardApp;
    beforeAll(() => void (app = createShardApp(shard, { env: config })));
    afterAll(() => app.close());

    const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
      app.fetch(new Request(`http://localhost${path}`, { headers }));
    const list = async (era = eras[0]!): Promise<readonly ListedTool[]> =>
      (await request(app, era, "tools/list"))["tools"] as readonly ListedTool[];

    it("tells its health by the contract", async () => {
      const response = await get("/health");
      const health = healthSchema.parse(await response.json());
      expect(health).toMatchObject({ name: shard.name, version: shard.version });
      expect(response.status).toBe(health.status === "ok" ? 200 : 503);
      const unexplained = Object.values(health.checks).filter(({ status, message }) => status === "failed" && !message);
      expect(unexplained).toEqual([]);
    });

    it("is ready", async () => {
      expect((await get("/ready")).status).toBe(200);
    });

    it("has a manifest by the contract that equals its tools, with a tag that spares sending it again", async () => {
      const response = await get("/manifest");
      const manifest = manifestSchema.parse(await response.json());
      const shown = (await list()).map(({ name, title, description }) => ({
        name,
        ...(title && { title }),
        description,
      }));
      expect(manifest.tools).toEqual(shown);
      const unchanged = await get("/manifest", { "if-none-match": response.headers.get("etag") ?? "" });
      expect(unchanged.status).toBe(304);
    });

    it("exposes metrics", async () => {
      expect(await (await get("/metrics")).text()).toContain(`shard_info{version="${shard.version}"`);
    });

    it("names its tools so that the gateway need not change or cut them", async () => {
      const names = (await list()).map((tool) => tool.name);
      expect(names.length).toBeGreaterThan(0);
      const qualified = qualifyNames(names.map((tool) => ({ upstream: shard.name, tool })));
      expect(qualified).toEqual(names.map((tool) => `${shard.name}__${tool}`));
    });

    it("describes every tool and argument, and says what each tool does to the world", async () => {
      for (const { name, description, annotations, inputSchema } of await list()) {
        expect(description.length, `description of ${name}`).toBeGreaterThan(20);
        expect(annotations, `annotations of ${name}`).toMatchObject({ readOnlyHint: expect.any(Boolean) });
        for (const [argument, schema] of Object.entries(inputSchema.properties ?? {})) {
          expect(schema["description"], `description of ${argument} in ${name}`).toBeTruthy();
        }
      }
    });

    it("greets clients of both eras", async () => {
      expect(await initialize(app)).toMatchObject({ serverInfo: { name: shard.name, version: shard.version } });
      expect(await request(app, "modern", "server/discover")).toMatchObject({ resultType: "complete" });
    });

    describe.each(eras)("in the %s era", (era) => {
      it("lists the same tools in the same order", async () => {
        expect(await list(era)).toEqual(await list());
      });

      it("names an argument that it does not have", async () => {
        for (const { name } of await list()) {
          const result = await request(app, era, "tools/call", { name, arguments: { [STRANGER]: 1 } });
          expect(toolResult(result)).toMatchObject({ isError: true, text: expect.stringContaining(STRANGER) });
        }
      });

      it("names arguments that are missing, and one of the wrong type", async () => {
        for (const { name, inputSchema } of await list()) {
          const refusal = async (args: JsonObject): Promise<string> =>
            toolResult(await request(app, era, "tools/call", { name, arguments: args })).text;
          const required = inputSchema.required ?? [];
          const missing = required.length > 0 ? await refusal({}) : "";
          for (const argument of required) expect(missing).toContain(`\`${argument}\``);
          for (const [argument, { type }] of Object.entries(inputSchema.properties ?? {})) {
            // An object is wrong wherever one plain type is asked for.
            if (!plainTypes.has(type)) continue;
            expect(await refusal({ [argument]: {} }), `${name}, ${argument}`).toContain(`\`${argument}\``);
          }
        }
      });

      it("answers a tool it does not have with an error of the protocol", async () => {
        await expect(request(app, era, "tools/call", { name: "no_such_tool" })).rejects.toThrow("-32602");
      });
    });
  });
}
