import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { workbench, type Workbench } from "../testing.ts";
import { draftTools } from "./draft-tools.ts";

const names = { name: "pets", title: "Pets", variable: "PETS", port: 9104, url: "http://localhost:8080" };
const document = {
  openapi: "3.1.0",
  paths: {
    "/pets": {
      get: {
        operationId: "listPets",
        summary: 'Lists "pets" `now` ${process.exit()}',
        parameters: [
          { name: "limit", in: "query", schema: { type: "integer" }, description: "How many" },
          { name: "X-Trace", in: "header", schema: { type: "string" } },
        ],
      },
      post: { requestBody: { content: { "application/json": { schema: { $ref: "#/components/schemas/Pet" } } } } },
    },
    "/pets/{pet-id}": { delete: { operationId: "delete" } },
    "/upload": { post: { requestBody: { required: true, content: { "multipart/form-data": {} } } } },
    "/odd/`${x}`": { get: {} },
  },
  components: {
    schemas: {
      Pet: {
        type: "object",
        required: ["name"],
        properties: { name: { type: "string" }, parent: { $ref: "#/components/schemas/Pet" } },
      },
    },
  },
};

let bench: Workbench | undefined;
afterEach(() => bench?.remove());

describe("drafts", () => {
  const { files, leftOut } = draftTools(document, names);

  it("has a file for each operation, and all of them in the list", () => {
    expect([...files.keys()]).toEqual([
      "src/tools/list-pets.ts",
      "src/tools/post-pets.ts",
      "src/tools/delete-it.ts",
      "src/tools/index.ts",
    ]);
    expect(files.get("src/tools/index.ts")).toMatch(
      /checkStatus\(client\),\n\s*listPets\(client\),\n\s*postPets\(client\),/,
    );
  });

  it("takes parameters from path, query and body, and says what a call does to the world", () => {
    expect(files.get("src/tools/list-pets.ts")).toContain('limit: z.int().optional().describe("How many")');
    expect(files.get("src/tools/list-pets.ts")).toContain("readOnlyHint: true");
    expect(files.get("src/tools/post-pets.ts")).toContain('name: z.string().describe("');
    expect(files.get("src/tools/delete-it.ts")).toContain('/pets/${encodeURIComponent(String(input["pet-id"]))}`');
    expect(files.get("src/tools/delete-it.ts")).toContain("destructiveHint: true");
  });

  it("keeps texts of the document texts", () => {
    expect(files.get("src/tools/list-pets.ts")).toContain(
      '"Lists \\"pets\\" `now` ${process.exit()}. It changes nothing."',
    );
  });

  it("says what is left out, and why", () => {
    expect(leftOut).toEqual([
      "POST /upload: its body is not JSON",
      "GET /odd/`${x}`: its path has characters that we do not put into code",
    ]);
  });

  it("ends at forty tools", () => {
    const many = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`/items/${index}`, { get: {} }]));
    const drafts = draftTools({ openapi: "3.0.0", paths: many }, names);
    expect(drafts.files.size).toBe(41);
    expect(drafts.leftOut).toHaveLength(10);
  });

  it("makes names that are unique and fit, whatever operations are called", () => {
    const operations = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 80 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(operations, (ids) => {
        const paths = Object.fromEntries(ids.map((id, index) => [`/x/${index}`, { get: { operationId: id } }]));
        const paths2 = [...draftTools({ openapi: "3.0.0", paths }, names).files.keys()];
        expect(paths2).toHaveLength(ids.length + 1);
        for (const path of paths2) expect(path).toMatch(/^src\/tools\/[a-z][a-z0-9-]{0,41}\.ts$/);
      }),
    );
  });
});

describe("a document", () => {
  const answer = (body: string | Response) => ({
    fetch: async () => (typeof body === "string" ? new Response(body) : body),
  });

  it("is read from a file, as JSON or YAML", async () => {
    bench = workbench();
    writeFileSync(join(bench.folder, "api.json"), JSON.stringify(document));
    expect(await bench.make("pets", "--from-openapi", "api.json", "--yes")).toBe(0);
    expect(readdirSync(join(bench.folder, "shards/pets/src/tools"))).toContain("list-pets.ts");
    expect(bench.said()).toContain("Left out: POST /upload");
  });

  it("is read from an address", async () => {
    bench = workbench(answer("openapi: 3.0.3\npaths:\n  /a: { get: {} }\n"));
    expect(await bench.make("pets", "--from-openapi", "http://pets.lan/openapi.yaml", "--yes")).toBe(0);
    expect(readdirSync(join(bench.folder, "shards/pets/src/tools"))).toContain("get-a.ts");
  });

  it.each([
    ["swagger: '2.0'\npaths: {}", /no OpenAPI document: openapi is missing/],
    ["openapi: 2.9\npaths: {}", /no OpenAPI document: openapi/],
    ["openapi: 3.1.0", /no OpenAPI document: paths/],
    ["<html>", /no OpenAPI document/],
    ["{ a: [", /neither JSON nor YAML/],
    [`a: &a [x]\nb: [${"*a,".repeat(200)}]`, /neither JSON nor YAML|no OpenAPI document/],
  ])("that is none is refused: %s", async (body, expected) => {
    bench = workbench(answer(body));
    expect(await bench.make("pets", "--from-openapi", "http://pets.lan/api", "--yes")).toBe(2);
    expect(bench.said()).toMatch(expected);
    expect(bench.has("shards/pets")).toBe(false);
  });

  it.each([
    [{ fetch: async () => new Response("no", { status: 404 }) }, /HTTP 404/],
    [{ fetch: async () => new Response("x".repeat((8 << 20) + 1)) }, /larger than/],
    [{}, /no network/],
  ])("that cannot be had is refused", async (io, expected) => {
    bench = workbench(io);
    expect(await bench.make("pets", "--from-openapi", "http://pets.lan/api", "--yes")).toBe(2);
    expect(bench.said()).toMatch(expected);
  });

  it("that is no file is refused", async () => {
    bench = workbench();
    expect(await bench.make("pets", "--from-openapi", "nowhere.json", "--yes")).toBe(2);
    expect(bench.said()).toMatch(/cannot be read: ENOENT/);
  });
});
