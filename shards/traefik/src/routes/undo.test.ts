import { renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { onBothKinds } from "../testing/on-both-kinds.ts";
import { callTool } from "../testing/open-target.ts";

onBothKinds("undo, one route, reload", (stage) => {
  test("a deleted route comes back, a replaced one gets its old settings, a new one goes", async () => {
    await stage.create();
    await stage.target.call("delete_route", { name: "app" });
    const back = await stage.target.call("restore_route", {});
    expect(back.structured).toMatchObject({
      ok: true,
      outcome: "active",
      undone: { action: "delete" },
      route: { name: "mcp-app" },
    });
    expect(await stage.runs("mcp-app")).toBe(true);

    await stage.create({ host: "new.example.com", if_exists: "replace" });
    const old = await stage.target.call("restore_route", { name: "app" });
    expect(old.structured).toMatchObject({ ok: true, outcome: "active", route: { rule: "Host(`app.example.com`)" } });

    const shown = await stage.target.call("get_route", { name: "app" });
    const history = shown.structured["history"] as { revision: string; action: string }[];
    expect(history.map(({ action }) => action).slice(0, 4)).toEqual(["restore", "replace", "restore", "delete"]);
    const first = history.findLast(({ action }) => action === "create");
    const dry = await stage.target.call("restore_route", { name: "app", revision: first?.revision, dry_run: true });
    expect(dry.structured).toMatchObject({ ok: true, outcome: "dry_run" });
    const gone = await stage.target.call("restore_route", { name: "app", revision: first?.revision });
    expect(gone.structured).toMatchObject({ ok: true, outcome: "deleted" });
    expect(await stage.runs("mcp-app")).toBe(false);
    // An undo can be undone.
    expect((await stage.target.call("restore_route", { name: "app" })).structured).toMatchObject({
      ok: true,
      outcome: "active",
    });
  });

  test("what cannot be undone is said", async () => {
    await expect(stage.target.call("restore_route", { name: "never" })).rejects.toThrow(
      "No change of mcp-never is known",
    );
    await expect(stage.target.call("restore_route", { name: "app", revision: "../../x" })).rejects.toThrow(
      "has no change",
    );
    await expect(stage.target.call("restore_route", { revision: "x" })).rejects.toThrow("No change");
  });

  test("a route shows all that applies to it, without secrets", async () => {
    await stage.foreign(
      "auth.yml",
      "front",
      "http: {routers: {front: {rule: Host(`f`), service: w, middlewares: [login], entryPoints: [web]}}, middlewares: {login: {basicAuth: {users: ['u:$apr1$x$y']}}}, services: {w: {weighted: {services: [{name: a}]}}, a: {loadBalancer: {servers: [{url: 'http://me:pw@10.0.0.5'}]}}}}\n",
    );
    const { structured, text } = await stage.target.call("get_route", { name: "front" });
    expect(structured).toMatchObject({
      name: "front@file",
      managed: false,
      loaded: true,
      middlewares: [{ name: "login@file", basicAuth: { users: ["[hidden]"] } }],
    });
    expect((structured["services"] as { name: string }[]).map(({ name }) => name)).toEqual(["w@file", "a@file"]);
    expect(JSON.stringify(structured) + text).not.toMatch(/apr1|me:pw/);
    await expect(stage.target.call("get_route", { name: "frnt" })).rejects.toThrow("no route");
  });

  test("a reload finds what is not loaded, and why", async () => {
    expect((await stage.target.call("reload_config", {})).structured).toMatchObject({
      ok: true,
      loaded: true,
      pending_before: [],
      triggered: ["touched the folder"],
    });
    const deaf = { ...stage.target.withSettings({ VERIFY_TIMEOUT_MS: "200" }), tellTraefik: () => Promise.resolve([]) };
    await callTool(deaf, "create_route", {
      name: "app",
      host: "app.example.com",
      backend: stage.backendUrl,
      entrypoints: ["web"],
    });
    expect((await stage.target.call("reload_config", {})).structured).toMatchObject({
      ok: true,
      loaded: true,
      pending_before: ["mcp-app"],
      pending: [],
    });

    await callTool(deaf, "create_route", {
      name: "two",
      host: "two.example.com",
      backend: stage.backendUrl,
      entrypoints: ["web"],
    });
    // Moved in whole: an empty file on the way would be an event that loads everything.
    writeFileSync(join(stage.target.dynamicDir, "..", "broken"), "tcp: [\n");
    renameSync(join(stage.target.dynamicDir, "..", "broken"), join(stage.target.dynamicDir, "broken.yml"));
    const stuck = await callTool(stage.target.withSettings({ VERIFY_TIMEOUT_MS: "300" }), "reload_config", {});
    expect(stuck.structured).toMatchObject({
      ok: false,
      loaded: false,
      pending: ["mcp-two"],
      stuck_reason: expect.stringContaining("broken.yml"),
    });
    rmSync(join(stage.target.dynamicDir, "broken.yml"));
    expect((await stage.target.call("reload_config", {})).structured).toMatchObject({ ok: true, loaded: true });
  });

  test("the operator's own way of reloading is used, and told when it fails", async () => {
    const ways = async (env: Record<string, string>) => {
      const { createTeller } = await import("../store/tell-traefik.ts");
      const house = stage.target.withSettings(env);
      return callTool({ ...house, tellTraefik: createTeller(house.store, house.settings) }, "reload_config", {});
    };
    expect((await ways({ RELOAD_STRATEGY: "command", RELOAD_COMMAND: '["true"]' })).structured).toMatchObject({
      triggered: ["touched the folder", "ran true"],
    });
    await expect(ways({ RELOAD_STRATEGY: "command", RELOAD_COMMAND: '["false"]' })).rejects.toThrow(
      "reload command failed",
    );
    expect((await ways({ RELOAD_STRATEGY: "webhook", RELOAD_WEBHOOK: stage.backendUrl })).structured).toMatchObject({
      triggered: ["touched the folder", "called the webhook"],
    });
    expect((await ways({ RELOAD_STRATEGY: "none" })).structured).toMatchObject({ triggered: [] });
  });
});
