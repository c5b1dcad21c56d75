import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { onBothKinds } from "../testing/on-both-kinds.ts";
import { callTool } from "../testing/open-target.ts";

onBothKinds("route tools when something is wrong", (stage) => {
  test("a route that Traefik disables is taken back", async () => {
    // Our own checks would refuse it first, so the shard is told of a middleware that Traefik does not have.
    const before = stage.target.withSettings({});
    const broken = {
      ...before,
      client: {
        ...before.client,
        running: async (signal?: AbortSignal) => {
          const running = await before.client.running(signal);
          return {
            ...running,
            http: {
              ...running.http,
              middlewares: { ...running.http.middlewares, "ghost@file": { status: "enabled", error: [], usedBy: [] } },
            },
          };
        },
      },
    };
    const made = await callTool(broken, "create_route", {
      name: "app",
      host: "app.example.com",
      backend: stage.backendUrl,
      entrypoints: ["web"],
      middlewares: ["ghost"],
    });
    expect(made.structured).toMatchObject({
      ok: false,
      outcome: "rolled_back",
      errors: ['middleware "ghost@file" does not exist'],
    });
    expect(existsSync(join(stage.folder, "mcp-app.yaml"))).toBe(false);
    expect(await stage.runs("mcp-app")).toBe(false);
    expect(await stage.target.house.history.of("mcp-app")).not.toContainEqual(
      expect.objectContaining({ after: expect.stringContaining("ghost") }),
    );
  });

  test("a broken file of somebody else is named before anything is written", async () => {
    writeFileSync(join(stage.target.dynamicDir, "broken.yml"), "http:\n  routers:\n    x:\n      entrypoint: web\n");
    await expect(stage.create({})).rejects.toThrow(/broken\.yml is broken \(line 4\) at http\.routers\.x\.entrypoint/);
    expect(existsSync(join(stage.folder, "mcp-app.yaml"))).toBe(false);
  });

  test("a deletion that Traefik cannot follow is not called done", async () => {
    await stage.create({});
    writeFileSync(join(stage.target.dynamicDir, "broken.yml"), "http: {}\n");
    const slow = stage.target.withSettings({ VERIFY_TIMEOUT_MS: "400" });
    const deleted = await callTool(slow, "delete_route", { name: "app" });
    expect(deleted.structured).toMatchObject({
      ok: false,
      outcome: "deleted_not_unloaded",
      reason: expect.stringContaining("broken.yml"),
    });
    rmSync(join(stage.target.dynamicDir, "broken.yml"));
    stage.poke();
    await expect.poll(() => stage.runs("mcp-app"), { timeout: 5000, interval: 20 }).toBe(false);
  });

  test("a file that Traefik is never told of is reported as not loaded, with the ways out", async () => {
    const deaf = stage.target.withSettings({ VERIFY_TIMEOUT_MS: "300" });
    const house = { ...deaf, tellTraefik: () => Promise.resolve([]) };
    const made = await callTool(house, "create_route", {
      name: "app",
      host: "app.example.com",
      backend: stage.backendUrl,
      entrypoints: ["web"],
    });
    expect(made.structured).toMatchObject({
      ok: false,
      outcome: "written_not_loaded",
      next_step: expect.stringContaining("docker kill -s HUP traefik"),
    });
    const listed = await stage.target.call("list_routes", {});
    expect(listed.structured["drift"]).toEqual(["mcp-app: the file is there, but Traefik has not loaded it."]);
    // The same call again tells Traefik once more.
    expect((await stage.create({})).structured).toMatchObject({ ok: true, outcome: "unchanged" });
  });

  test("names and rules of others are left alone", async () => {
    const theirs = (name: string, host: string) =>
      `http: {routers: {${name}: {rule: Host(\`${host}\`), service: s, entryPoints: [web]}}, services: {s: {loadBalancer: {servers: [{url: 'http://10.0.0.5'}]}}}}\n`;
    await stage.foreign("a.yml", "mcp-app", theirs("mcp-app", "x.example.com"));
    await expect(stage.create({})).rejects.toThrow("already has a router mcp-app@file");
    await expect(stage.target.call("delete_route", { name: "app" })).rejects.toThrow("no file of ours");
    rmSync(join(stage.target.dynamicDir, "a.yml"));
    await expect.poll(() => stage.runs("mcp-app"), { timeout: 5000, interval: 20 }).toBe(false);

    await stage.foreign("a.yml", "same", theirs("same", "APP.example.com"));
    await expect(stage.create({})).rejects.toThrow("same@file has the same rule and priority");
    const made = await stage.create({ priority: 900 });
    expect(made.structured).toMatchObject({
      outcome: "active",
      warnings: expect.arrayContaining([expect.stringContaining("same@file has the same rule with priority")]),
    });
    expect((await stage.target.call("list_routes", {})).structured["conflicts"]).toMatchObject([
      { random: false, entrypoints: ["web"] },
    ]);

    writeFileSync(join(stage.folder, "mcp-other.yaml"), "# by hand\n");
    await expect(
      stage.target.call("create_route", {
        name: "other",
        host: "o.example.com",
        backend: stage.backendUrl,
        entrypoints: ["web"],
      }),
    ).rejects.toThrow("was not made by this shard");
    await expect(stage.target.call("delete_route", { name: "other" })).rejects.toThrow("was not made by this shard");
    rmSync(join(stage.folder, "mcp-other.yaml"));
  });
});
