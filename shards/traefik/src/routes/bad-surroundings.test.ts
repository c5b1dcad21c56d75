import { ToolError } from "@shardgate/shard-sdk";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createTraefikClient } from "../client/traefik-client.ts";
import { onBothKinds } from "../testing/on-both-kinds.ts";
import { callTool } from "../testing/open-target.ts";

const CHANGES = [
  ["create_route", { name: "app", host: "app.example.com", backend: "http://10.0.0.9", entrypoints: ["web"] }],
  ["apply_routes", { routes: [{ name: "app", host: "app.example.com", backend: "http://10.0.0.9" }] }],
  ["delete_route", { name: "app" }],
  ["restore_route", { name: "app" }],
] as const;

onBothKinds("route tools in bad surroundings", (stage) => {
  /** The house with an API that is not as it should be. */
  const withApi = (answer: (request: Request) => Response | Promise<Response>) => ({
    ...stage.target.house,
    client: createTraefikClient({
      baseUrl: "http://10.0.0.1:8080",
      fetch: async (one) => answer(one),
      provider: "file",
    }),
  });

  test.each([
    [
      "down",
      () => Promise.reject(Object.assign(new Error("fetch failed"), { cause: { code: "ECONNREFUSED" } })),
      "ECONNREFUSED",
    ],
    ["behind a login", () => new Response("", { status: 401 }), "TRAEFIK_API_USER"],
    ["failing", () => new Response("", { status: 500 }), "answered 500"],
    ["something else", () => new Response("<html>"), "is not Traefik's API"],
    ["of another version", () => new Response("404 page not found", { status: 404 }), "TRAEFIK_API_URL"],
    ["endless", () => new Response("[".repeat(65 * 1024 * 1024)), "larger than"],
  ])("an API that is %s changes nothing, and the error says what to do", async (_, answer, why) => {
    await stage.create();
    const house = withApi(answer);
    for (const [tool, args] of CHANGES) {
      const error: unknown = await callTool(house, tool, args).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(ToolError);
      expect(`${(error as ToolError).message} ${(error as ToolError).next}`).toContain(why);
      if (why === "larger than") break;
    }
    expect(readdirSync(stage.folder)).toEqual(["mcp-app.yaml"]);
    const listed = await callTool(house, "list_routes", {});
    expect(listed.structured).toMatchObject({ source: "files", routes: [{ name: "mcp-app@file" }] });
    expect(listed.text).toContain("Traefik does not answer");
  });

  test("a slow API is given up after 5 s, and nothing is changed", { timeout: 15_000 }, async () => {
    const house = withApi(
      (request) =>
        new Promise((_, fail) => {
          request.signal.addEventListener("abort", () => fail(request.signal.reason as Error));
        }),
    );
    const started = Date.now();
    await expect(callTool(house, ...CHANGES[0])).rejects.toThrow("no answer within 5 s");
    expect(Date.now() - started).toBeLessThan(7000);
    expect(readdirSync(stage.folder)).toEqual([]);
  });

  test("ten thousand routes of others: found, paged, and ours made among them", { timeout: 60_000 }, async () => {
    const routers = Array.from(
      { length: 10_000 },
      (_, index) => `r${index}: {rule: "Host(\`h${index}.example.com\`)", service: s, entryPoints: [web]}`,
    );
    await stage.foreign(
      "many.yml",
      "r9999",
      `http: {routers: {${routers.join(", ")}}, services: {s: {loadBalancer: {servers: [{url: "http://10.0.0.5"}]}}}}\n`,
    );
    const listed = await stage.target.call("list_routes", { limit: 500 });
    expect(listed.structured).toMatchObject({ total: 10_000, next_cursor: "500", conflicts: [] });
    const one = await stage.target.call("list_routes", { search: "h4711.example.com" });
    expect(one.structured).toMatchObject({ total: 1, routes: [{ name: "r4711@file" }] });
    expect((await stage.create()).structured).toMatchObject({ ok: true, outcome: "active" });
    await expect(stage.create({ name: "twin", host: "h42.example.com" })).rejects.toThrow("r42@file has the same rule");
    rmSync(join(stage.target.dynamicDir, "many.yml"));
    await expect.poll(() => stage.runs("r9999"), { timeout: 20_000, interval: 50 }).toBe(false);
  });

  test("a folder that is gone, or a file now, is told with the remedy", async () => {
    await stage.create();
    rmSync(stage.folder, { recursive: true });
    writeFileSync(stage.folder, "");
    await expect(stage.create({ name: "b", host: "b.example.com" })).rejects.toThrow("is no folder");
    rmSync(stage.folder);
    mkdirSync(stage.folder);
    // The route's file is lost with the folder, and Traefik drops the route; made again, it is there again.
    stage.poke();
    await expect.poll(() => stage.runs("mcp-app"), { timeout: 5000, interval: 20 }).toBe(false);
    expect((await stage.create()).structured).toMatchObject({ ok: true, outcome: "active" });
  });

  test("a broken TOML file or template of somebody else freezes all, and is named", async () => {
    const toml = join(stage.target.dynamicDir, "broken.toml");
    writeFileSync(toml, "[http.routers.a]\nrule = 'x'\nentrypoint = 'web'\n");
    await expect(stage.create()).rejects.toThrow(/broken\.toml is broken at http\.routers\.a\.entrypoint/);
    rmSync(toml);
    const template = join(stage.target.dynamicDir, "template.yml");
    writeFileSync(template, "# {{ if true }}\n");
    await expect(stage.create()).rejects.toThrow(/template\.yml is broken \(line 1\): .*without its \{\{end\}\}/);
    rmSync(template);
    expect((await stage.create()).structured).toMatchObject({ ok: true });
  });

  test("an active route with something odd about it is active with warnings", async () => {
    // Two routers of one host with other TLS options: Traefik renames both.
    await stage.foreign(
      "options.yml",
      "front",
      "http: {routers: {front: {rule: Host(`app.example.com`) && Path(`/x`), service: noop@internal, entryPoints: [websecure], tls: {}}}}\n",
    );
    writeFileSync(
      join(stage.target.dynamicDir, "strict.yml"),
      "http: {routers: {odd: {rule: Host(`app.example.com`) && Path(`/y`), service: noop@internal, entryPoints: [websecure], tls: {options: strict}}}}\ntls: {options: {strict: {minVersion: VersionTLS13}}}\n",
    );
    await expect.poll(() => stage.runs("front"), { timeout: 5000, interval: 20 }).toBe(false);
    const made = await stage.create({ entrypoints: ["websecure"] });
    expect(made.structured).toMatchObject({ ok: true, outcome: "active_with_warnings" });
    expect(made.text).toContain("other TLS options");
  });
});

describe("a file that is too large to check", () => {
  onBothKinds("validate_config", (stage) => {
    test("2 MB are refused by name, 900 kB are checked", async () => {
      await expect(stage.target.call("validate_config", { yaml: "#".repeat(2_000_000) })).rejects.toThrow(
        "`yaml` has 2000000 characters",
      );
      const large = `# ${"x".repeat(900_000)}\n`;
      expect((await stage.target.call("validate_config", { yaml: large })).structured).toMatchObject({
        verdict: "fine",
      });
    });
  });
});
