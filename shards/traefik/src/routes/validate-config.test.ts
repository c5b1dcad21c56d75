import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { onBothKinds } from "../testing/on-both-kinds.ts";
import { callTool } from "../testing/open-target.ts";

onBothKinds("validate_config", (stage) => {
  const check = async (yaml: string) =>
    (await stage.target.call("validate_config", { yaml })).structured as {
      verdict: string;
      ok: boolean;
      findings: Record<string, unknown>[];
    };
  const route = (router: string, rest = "") =>
    `http:\n  routers:\n    r:\n      ${router}\n  services:\n    s: {loadBalancer: {servers: [{url: "http://10.0.0.5"}]}}\n${rest}`;

  test("a good file is fine", async () => {
    expect(await check(route("{rule: Host(`a.example.com`), service: s, entryPoints: [web]}"))).toMatchObject({
      ok: true,
      verdict: "fine",
      findings: [],
    });
  });

  test.each([
    [
      "http:\n  routers:\n    r:\n      entrypoint: web\n",
      { path: "http.routers.r.entrypoint", line: 4, fix: "Did you mean entryPoints?" },
    ],
    ["http: {}\n", { path: "http", line: 1 }],
    ["http:\n\trouters: {}\n", { line: 2 }],
    ["a: 1\na: 2\n", { line: 2, column: 1 }],
    ["x: '{{ env \"TOKEN\" }}'\n", { line: 1, column: 5 }],
    ["http:\n  routers:\n    r: {rule: 2026-01-02}\n", { path: "http.routers.r.rule", line: 3 }],
    [route("{rule: Host(`a`), service: s, priority: high}"), { path: "http.routers.r.priority", line: 4 }],
    ["\u0000", { line: 1 }],
  ])("%j would freeze everything", async (yaml, finding) => {
    const result = await check(yaml);
    expect(result).toMatchObject({ ok: false, verdict: "freezes_all" });
    expect(result.findings[0]).toMatchObject({ severity: "fatal_for_all_files", ...finding });
  });

  test.each([
    [route("{rule: Host(`a`), service: gone, entryPoints: [web]}"), 'the service "gone@file" does not exist'],
    [route("{rule: Host(`a`), service: s, entryPoints: [nope]}"), 'entryPoint "nope" doesn\'t exist'],
    [route("{rule: 'Headers(`a`, `b`)', service: s, entryPoints: [web]}"), "unsupported function: Headers"],
    [
      route("{rule: Host(`a`), service: s, entryPoints: [web], middlewares: [gone]}"),
      'middleware "gone@file" does not exist',
    ],
    [route("{rule: HostRegexp(`(?=a)`), service: s, entryPoints: [web]}"), "compiling HostRegexp matcher"],
  ])("%j would switch a route off", async (yaml, message) => {
    const result = await check(yaml);
    expect(result).toMatchObject({ ok: false, verdict: "route_disabled" });
    expect(result.findings).toContainEqual(
      expect.objectContaining({
        severity: "disables_this_route",
        path: "http.routers.r",
        message: expect.stringContaining(message),
      }),
    );
  });

  test.each([
    [route("{rule: Host(`a`), service: s, entryPoints: [web], tls: }"), "data_lost", "tls is null"],
    [route("{rule: Host(`a`), service: s, entryPoints: {a: b}}"), "data_lost", "a list belongs here"],
    [
      route("{rule: Host(`a`), service: s, entryPoints: [web]}", "---\nx: 1\n"),
      "data_lost",
      "only the first YAML document",
    ],
    [route("{rule: Host(`a b`), service: s, entryPoints: [web]}"), "warnings", "never matches"],
    [
      route("{rule: 'HostRegexp(`{sub:[a-z]+}.x`)', service: s, entryPoints: [web]}"),
      "warnings",
      "syntax of Traefik 2",
    ],
    [route("{rule: Host(`a`), service: s}"), "warnings", "names no entrypoint"],
    [route("{rule: Host(`a`), service: s, entryPoints: [web, nope]}"), "warnings", 'entryPoint "nope" doesn\'t exist'],
    ["http: {services: {s: {loadBalancer: {servers: [{url: 'ftp://a'}]}}}}\n", "warnings", "scheme ftp"],
    ["http: {services: {s: {loadBalancer: {servers: [{url: 'http://a:99999'}]}}}}\n", "warnings", "cannot be reached"],
  ])("%j is taken, with %s", async (yaml, verdict, message) => {
    const result = await check(yaml);
    expect(result).toMatchObject({ ok: true, verdict });
    expect(result.findings).toContainEqual(expect.objectContaining({ message: expect.stringContaining(message) }));
  });

  test("what runs already is part of the judgement", async () => {
    await stage.create();
    const taken = await check(
      "http: {routers: {mcp-app: {rule: Host(`x`), service: mcp-app, entryPoints: [web]}, other: {rule: Host(`app.example.com`), service: mcp-app, entryPoints: [web]}}}\n",
    );
    expect(taken.findings.map(({ message }) => message)).toEqual([
      expect.stringContaining("runs a router mcp-app@file already"),
      expect.stringContaining("mcp-app@file has the same rule"),
    ]);
  });

  test("our files and whole directories can be checked", async () => {
    await stage.create();
    expect((await stage.target.call("validate_config", { name: "app" })).structured).toMatchObject({ verdict: "fine" });
    expect((await stage.target.call("validate_config", { scope: "managed" })).structured).toMatchObject({
      verdict: "fine",
    });
    writeFileSync(
      join(stage.target.dynamicDir, "z.yml"),
      "http: {routers: {mcp-app: {rule: Host(`x`), service: noop@internal}}}\n",
    );
    writeFileSync(join(stage.target.dynamicDir, "t.yml"), "# {{ env `HOME` }}\n");
    const all = await stage.target.call("validate_config", { scope: "all" });
    expect(all.structured).toMatchObject({ verdict: "data_lost" });
    expect(all.text).toMatch(/z\.yml.*http routers mcp-app is defined in an earlier file/);
    expect(all.text).toMatch(/warning: .*t\.yml.*a Go template/);
    await expect(stage.target.call("validate_config", {})).rejects.toThrow("exactly one of");
    await expect(stage.target.call("validate_config", { name: "nope" })).rejects.toThrow("no file of ours");
    rmSync(join(stage.target.dynamicDir, "t.yml"));
  });

  test("without Traefik the file itself is still checked", async () => {
    const { house } = stage.target;
    const away = {
      ...house,
      client: {
        ...house.client,
        running: async () => Promise.reject(new (await import("@shardgate/shard-sdk")).ToolError("away")),
      },
    };
    const result = await callTool(away, "validate_config", {
      yaml: route("{rule: Host(`a`), service: gone, entryPoints: [nope]}"),
    });
    expect(result.structured).toMatchObject({ against_traefik: false, verdict: "fine" });
    expect(result.text).toContain("Traefik does not answer");
  });
});
