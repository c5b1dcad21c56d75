import { ToolError } from "@shardgate/shard-sdk";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { onBothKinds } from "../testing/on-both-kinds.ts";
import { callTool } from "../testing/open-target.ts";
import { recoverChange } from "./commit-change.ts";

onBothKinds("several routes in one change", (stage) => {
  const one = (name: string, more: Readonly<Record<string, unknown>> = {}) => ({
    name,
    host: `${name}.example.com`,
    backend: stage.backendUrl,
    entrypoints: ["web"],
    ...more,
  });
  const apply = (routes: readonly unknown[], more: Readonly<Record<string, unknown>> = {}) =>
    stage.target.call("apply_routes", { routes, ...more });
  const rule = async (name: string) =>
    (await stage.target.house.client.item("http", "routers", `${name}@file`))?.["rule"];

  test("all become active with one poke, the same again is unchanged, one undo takes all back", async () => {
    let told = 0;
    const { house } = stage.target;
    const counting = { ...house, tellTraefik: () => (told++, house.tellTraefik()) };
    const routes = ["a", "b", "c"].map((name) => one(name));
    const made = await callTool(counting, "apply_routes", { routes });
    expect(made.structured).toMatchObject({
      ok: true,
      outcome: "active",
      routes: [{ name: "mcp-a", change: "create" }, { name: "mcp-b" }, { name: "mcp-c" }],
      revision: expect.any(String),
    });
    expect(told).toBe(1);
    expect(await Promise.all(["mcp-a", "mcp-b", "mcp-c"].map((name) => stage.runs(name)))).toEqual([true, true, true]);
    expect((await apply(routes)).structured).toMatchObject({ ok: true, outcome: "unchanged" });
    const undone = await stage.target.call("restore_route", {});
    expect(undone.structured).toMatchObject({ ok: true, outcome: "deleted", routes: ["mcp-a", "mcp-b", "mcp-c"] });
    expect(readdirSync(stage.folder)).toEqual([]);
    expect(await stage.runs("mcp-b")).toBe(false);
    // And the undo can be undone.
    expect((await stage.target.call("restore_route", {})).structured).toMatchObject({ ok: true, outcome: "active" });
    expect(await stage.runs("mcp-b")).toBe(true);
  });

  test("some new, some changed, some as they are; by revision all go back", async () => {
    await apply([one("a"), one("b")]);
    const next = [one("a"), one("b", { host: "new.example.com" }), one("c", { host: "b.example.com" })];
    await expect(apply(next)).rejects.toThrow(/routes\[1\] \(b\): Route mcp-b exists with other settings/);
    const dry = await apply(next, { if_exists: "replace", dry_run: true });
    expect(dry.structured).toMatchObject({
      outcome: "dry_run",
      routes: [{ change: "none" }, { change: "replace" }, { change: "create" }],
      diff: expect.stringMatching(/- .*b\.example\.com[\s\S]*\+ .*new\.example\.com/),
      yaml: expect.stringContaining("mcp-c"),
    });
    expect(await rule("mcp-b")).toBe("Host(`b.example.com`)");
    // c takes the host that b gives up in the same change.
    const made = await apply(next, { if_exists: "replace" });
    expect(made.structured).toMatchObject({ ok: true, outcome: "active" });
    expect(await rule("mcp-c")).toBe("Host(`b.example.com`)");
    const { revision } = made.structured;
    const undone = await stage.target.call("restore_route", { revision });
    expect(undone.structured).toMatchObject({ ok: true, outcome: "active", routes: ["mcp-b", "mcp-c"] });
    expect(await rule("mcp-b")).toBe("Host(`b.example.com`)");
    expect(await stage.runs("mcp-c")).toBe(false);
    // One route of the change can go back alone.
    await stage.target.call("restore_route", {});
    const alone = await stage.target.call("restore_route", { name: "c" });
    expect(alone.structured).toMatchObject({ route: { name: "mcp-c" } });
  });

  test("what is wrong with any of them is told of each, and nothing is written", async () => {
    await expect(
      apply([
        one("fine"),
        one("bad", { backend: "169.254.169.254" }),
        one("twin", { host: "fine.example.com" }),
        one("fine"),
      ]),
    ).rejects.toThrow(/Nothing was changed\. routes\[1\] \(bad\): [\s\S]*routes\[3\] \(fine\): .*comes twice[\s\S]*/);
    await expect(apply([one("fine"), one("twin", { host: "FINE.example.com" })])).rejects.toThrow(
      /routes\[0\] \(fine\): mcp-twin@file has the same rule/,
    );
    await expect(apply([])).rejects.toThrow("routes");
    expect(readdirSync(stage.folder)).toEqual([]);
  });

  test("when Traefik disables one, all are taken back", async () => {
    await apply([one("a")]);
    const before = readFileSync(join(stage.folder, "mcp-a.yaml"), "utf8");
    const { house } = stage.target;
    const running: typeof house.client.running = async (signal) => {
      const found = await house.client.running(signal);
      const ghost = { "ghost@file": { status: "enabled", error: [], usedBy: [] } };
      return { ...found, http: { ...found.http, middlewares: { ...found.http.middlewares, ...ghost } } };
    };
    const haunted = { ...house, client: { ...house.client, running } };
    const made = await callTool(haunted, "apply_routes", {
      routes: [one("a", { host: "z.example.com" }), one("b"), one("c", { middlewares: ["ghost"] })],
      if_exists: "replace",
    });
    expect(made.structured).toMatchObject({
      ok: false,
      outcome: "rolled_back",
      errors: ['middleware "ghost@file" does not exist'],
    });
    expect(readdirSync(stage.folder)).toEqual(["mcp-a.yaml"]);
    expect(readFileSync(join(stage.folder, "mcp-a.yaml"), "utf8")).toBe(before);
    expect(await rule("mcp-a")).toBe("Host(`a.example.com`)");
    expect(await stage.runs("mcp-b")).toBe(false);
  });

  test("when one file cannot be written, none is", async () => {
    const { house } = stage.target;
    const store: typeof house.store = {
      ...house.store,
      write: (name, text, expected) =>
        name === "mcp-c" ? Promise.reject(new Error("EIO")) : house.store.write(name, text, expected),
    };
    const broken = { ...house, store };
    await expect(
      callTool(broken, "apply_routes", { routes: ["a", "b", "c"].map((name) => one(name)) }),
    ).rejects.toThrow("EIO");
    expect(readdirSync(stage.folder)).toEqual([]);
    expect(await house.history.unfinished()).toEqual([]);
  });

  test("wherever a process dies, the next one finds all old files, or all new ones", async () => {
    await apply([one("a")]);
    const { house } = stage.target;
    const before = readFileSync(join(stage.folder, "mcp-a.yaml"), "utf8");
    const routes = [one("a", { host: "z.example.com" }), one("b"), one("c")];
    for (let calls = 0; calls <= 3; calls++) {
      // After some calls nothing works any more, neither going on nor putting back: as if the process were gone.
      let left = calls;
      const orDead =
        <A extends unknown[]>(work: (...args: A) => Promise<void>) =>
        (...args: A) =>
          left-- > 0 ? work(...args) : Promise.reject(new Error("dead"));
      const store = { ...house.store, write: orDead(house.store.write), remove: orDead(house.store.remove) };
      const dying = { ...house, store, tellTraefik: () => Promise.reject(new ToolError("dead")) };
      const died = await callTool(dying, "apply_routes", { routes, if_exists: "replace" }).catch(
        (error: unknown) => error,
      );
      if (calls < 3) expect(died).toMatchObject({ message: "dead" });
      await recoverChange(house);
      const files = readdirSync(stage.folder);
      expect(files).toEqual(calls < 3 ? ["mcp-a.yaml"] : ["mcp-a.yaml", "mcp-b.yaml", "mcp-c.yaml"]);
      expect(readFileSync(join(stage.folder, "mcp-a.yaml"), "utf8") === before).toBe(calls < 3);
    }
    expect((await apply(routes, { if_exists: "replace" })).structured).toMatchObject({ ok: true });
  });

  test("what a process that died had written of a change is taken back before the next", async () => {
    await apply([one("a")]);
    const { house } = stage.target;
    const before = readFileSync(join(stage.folder, "mcp-a.yaml"), "utf8");
    const [a, b] = await house.history.record([
      { name: "mcp-a", action: "replace", before, after: before.replace("a.example", "x.example") },
      { name: "mcp-b", action: "create", before: null, after: before.replaceAll("mcp-a", "mcp-b") },
      { name: "mcp-c", action: "create", before: null, after: before.replaceAll("mcp-a", "mcp-c") },
    ]);
    await house.history.begin([a, b] as never);
    // It died after the second of three files.
    writeFileSync(join(stage.folder, "mcp-a.yaml"), a?.after ?? "");
    writeFileSync(join(stage.folder, "mcp-b.yaml"), b?.after ?? "");
    await recoverChange(house);
    expect(readdirSync(stage.folder)).toEqual(["mcp-a.yaml"]);
    expect(readFileSync(join(stage.folder, "mcp-a.yaml"), "utf8")).toBe(before);
    expect((await house.history.latest())?.action).not.toBe("replace");
    expect((await stage.create()).structured).toMatchObject({ ok: true });
  });
});
