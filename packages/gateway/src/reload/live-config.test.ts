import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { requireConfig } from "../config/load.ts";
import type { FileContent } from "../config/variables.ts";
import { memoryLogger } from "../testing/calls.ts";
import { FakeTimers, settle } from "../testing/fake-timers.ts";
import { adminReload } from "./admin-endpoint.ts";
import { GenerationStore } from "./generations.ts";
import { LiveConfig } from "./live-config.ts";

const FILE = "/c/gateway.yaml";
const yaml = (...names: string[]) =>
  `upstreams:\n${names.map((name) => `  ${name}: { kind: shard, url: "http://${name}" }\n`).join("")}`;

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanups.splice(0)) clean();
});

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "shardgate-"));
  cleanups.push(() => rmSync(folder, { recursive: true }));
  return folder;
}

async function follow(first: string, { isFollowed = true, stateDir = "", more = {} as Record<string, string> } = {}) {
  const files = new Map<string, string>([[FILE, first], ...Object.entries(more)]);
  const readFile = async (path: string): Promise<FileContent> => {
    const text = files.get(path);
    return text === undefined ? { problem: "does not exist", code: "ENOENT" } : { text };
  };
  const world = { env: {}, readFile, listFiles: async () => [] };
  const timers = new FakeTimers();
  const logger = memoryLogger();
  let event = (): void => undefined;
  const followed: string[][] = [];
  const watch = (onEvent: () => void) => {
    event = onEvent;
    return { follow: async (paths: readonly string[]) => void followed.push([...paths]), close: () => undefined };
  };
  const store = stateDir === "" ? undefined : new GenerationStore(stateDir, [FILE]);
  const initial = await requireConfig([FILE], world);
  const live = new LiveConfig(initial, {
    paths: [FILE],
    world,
    timers,
    logger,
    intervalMs: isFollowed ? 5_000 : undefined,
    watch,
    store,
  });
  const stop = new AbortController();
  cleanups.push(() => stop.abort());
  await live.start(stop.signal);
  const names = () => live.current.upstreams.map(({ name }) => name);
  const change = (text: string | undefined): void => {
    if (text === undefined) files.delete(FILE);
    else files.set(FILE, text);
    event();
  };
  return { files, timers, logger, live, names, change, event: () => event(), followed, stop };
}

describe("LiveConfig", () => {
  it("applies a change once it has settled, told of or found", async () => {
    const { files, timers, live, names, change } = await follow(yaml("a"));
    change(yaml("a", "b"));
    await timers.advance(250);
    change(yaml("a", "b", "c"));
    await timers.advance(250);
    expect(names()).toEqual(["a"]);
    await timers.advance(50);
    expect(names()).toEqual(["a", "b", "c"]);
    files.set(FILE, yaml("d"));
    await timers.advance(5_350);
    expect(names()).toEqual(["d"]);
    expect(live.report()).toMatchObject({ generation: 3, status: "ok", reloads: { applied: 2, refused: 0 } });
  });

  it("applies a new secret and a new variable, which are other files", async () => {
    const text = "upstreams:\n  a: { kind: shard, url: http://a, headers: { A: '${TOKEN}', B: '${file:b.txt}' } }\n";
    const { files, timers, live, logger, event } = await follow(text, {
      more: { "/c/.env": "TOKEN=1", "/c/b.txt": "1" },
    });
    const headers = () => (live.current.upstreams[0]!.options as { headers: object }).headers;
    expect(headers()).toEqual({ A: "1", B: "1" });
    files.set("/c/.env", "TOKEN=2");
    files.set("/c/b.txt", "3");
    event();
    await timers.advance(400);
    expect(headers()).toEqual({ A: "2", B: "3" });
    expect(logger.lines).toMatchObject([{ message: "configuration applied", changed: ["a"] }]);
    expect(live.report().files).toEqual([FILE]);
  });

  it("waits for no writer longer than two seconds", async () => {
    const { timers, names, change } = await follow(yaml("a"));
    for (let time = 0; time < 2_200; time += 100) {
      change(yaml("a", `b-${time}`));
      await timers.advance(100);
    }
    expect(names()).toHaveLength(2);
  });

  it("says nothing of what did not change", async () => {
    const { timers, live, event, change, logger } = await follow(yaml("a"));
    let told = 0;
    live.subscribe(() => told++);
    event();
    await timers.advance(10_000);
    change(yaml("a"));
    await timers.advance(1_000);
    expect([told, live.report().generation, logger.lines]).toEqual([0, 1, []]);
  });

  it("never applies what is wrong, says why once, and takes back the good one", async () => {
    const { timers, live, names, change, logger } = await follow(yaml("a"));
    change(`${yaml("b")}  c: { kind: shrad, url: x }\nlisten: { prot: 1 }\n`);
    await timers.advance(30_000);
    expect(names()).toEqual(["a"]);
    expect(live.report()).toMatchObject({
      generation: 1,
      status: "refused",
      reloads: { applied: 0, refused: 1 },
      problems: [
        '/c/gateway.yaml:3:14 upstreams.c.kind: "shrad" is none of shard, mcp-http, sse, stdio; did you mean shard?',
        "/c/gateway.yaml:4:11 listen.prot: unknown key; did you mean port?",
      ],
    });
    expect(logger.lines.filter(({ level }) => level === "error")).toHaveLength(3);
    change(yaml("a"));
    await timers.advance(400);
    expect(live.report()).toMatchObject({ generation: 1, status: "ok" });
    expect(live.report()).not.toHaveProperty("problems");
  });

  it.each([
    ["empty", "", "is empty"],
    ["blank", " \n\n", "is empty"],
    ["gone", undefined, "does not exist any more"],
  ])("keeps the last good one while the file is %s, and says so after ten seconds", async (_, text, reason) => {
    const { timers, live, names, change } = await follow(yaml("a"));
    change(text);
    await timers.advance(9_000);
    expect([names(), live.report().status]).toEqual([["a"], "ok"]);
    await timers.advance(3_000);
    expect(live.report()).toMatchObject({ status: "waiting", problems: [expect.stringContaining(reason)] });
    change(yaml("b"));
    await timers.advance(1_500);
    expect([names(), live.report().status]).toEqual([["b"], "ok"]);
  });

  it("follows every file it was read from, and stops when told", async () => {
    const { files, timers, names, change, followed, stop } = await follow(yaml("a"));
    files.set("/c/more.json", '{"mcpServers": {"x": {"url": "http://x/mcp"}}}');
    change(`include: [more.json]\n${yaml("a")}`);
    await timers.advance(400);
    expect(names()).toEqual(["x", "a"].toSorted());
    expect(followed.at(-1)).toEqual(expect.arrayContaining(["/c/gateway.yaml", "/c/more.json", "/c/.env"]));
    files.delete("/c/more.json");
    await timers.advance(6_000);
    expect(names()).toEqual(["a", "x"]);
    stop.abort();
    expect(timers.pending).toBe(0);
  });

  it("reads the files only when told to where following is off", async () => {
    const { timers, live, names, change } = await follow(yaml("a"), { isFollowed: false });
    change(yaml("b"));
    await timers.advance(60_000);
    expect(names()).toEqual(["a"]);
    expect(await live.reload("signal")).toMatchObject({ status: "applied", changes: { added: ["b"], removed: ["a"] } });
    expect(await live.reload("signal")).toEqual({ status: "unchanged", generation: 2 });
  });

  it("names settings that need a restart", async () => {
    const { live, files } = await follow(yaml("a"));
    files.set(FILE, `listen: { port: 1, allowed_hosts: [x.example] }\n${yaml("a")}`);
    expect(await live.reload("admin")).toMatchObject({ changes: { needsRestart: ["listen.port"] } });
    expect(live.current.listen.allowed_hosts).toEqual(["x.example"]);
  });

  it("keeps the last twenty in a folder of its own, with numbers that outlive a restart", async () => {
    const stateDir = temporaryFolder();
    const { live, files } = await follow(yaml("a"), { stateDir });
    for (let number = 2; number <= 23; number++) {
      files.set(FILE, yaml(`a${number}`));
      await live.reload("file");
    }
    const again = await follow(yaml("a23"), { stateDir });
    expect(again.live.report().generation).toBe(23);
    const store = new GenerationStore(stateDir, [FILE]);
    const kept = await store.list();
    expect(kept.map(({ number }) => number)).toEqual(Array.from({ length: 20 }, (_, index) => index + 4));
    expect(kept[0]?.files).toEqual([{ path: FILE, text: yaml("a4") }]);
    expect(statSync(store.folder).mode & 0o777).toBe(0o700);
    expect(readdirSync(store.folder).filter((name) => !name.endsWith(".json"))).toEqual([]);
  });

  it("goes on where nothing can be kept, and says so", async () => {
    const { live, logger } = await follow(yaml("a"), { stateDir: "/dev/null/nowhere" });
    await settle();
    expect(live.report().generation).toBe(1);
    expect(logger.lines).toContainEqual(
      expect.objectContaining({ level: "warn", message: expect.stringContaining("STATE_DIR") }),
    );
  });
});

describe("POST /admin/reload", () => {
  const ask = (endpoint: ReturnType<typeof adminReload>, token?: string, method = "POST") => {
    const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
    return endpoint.fetch(new Request("http://localhost/admin/reload", { method, headers }), undefined);
  };

  it("is off without a token, and closed to who has another", async () => {
    const { live, timers } = await follow(yaml("a"));
    expect(
      (
        await ask(
          adminReload(live, timers, () => undefined),
          "x",
        )
      ).status,
    ).toBe(404);
    const endpoint = adminReload(live, timers, () => "the right token!");
    const statuses = [
      await ask(endpoint),
      await ask(endpoint, "wrong"),
      await ask(endpoint, "the right token!", "GET"),
    ];
    expect(statuses.map(({ status }) => status)).toEqual([401, 401, 405]);
    for (let tries = 0; tries < 20; tries++) await ask(endpoint, "wrong");
    expect((await ask(endpoint, "the right token!")).status).toBe(429);
    await timers.advance(60_000);
    expect((await ask(endpoint, "the right token!")).status).toBe(200);
  });

  it("answers what came of it", async () => {
    const { live, files, timers } = await follow(`admin: { token: 0123456789abcdef }\n${yaml("a")}`);
    const endpoint = adminReload(live, timers, () => live.current.admin.token);
    const reload = async () => {
      const response = await ask(endpoint, "0123456789abcdef");
      return [response.status, ((await response.json()) as { status: string }).status];
    };
    expect(await reload()).toEqual([200, "unchanged"]);
    files.set(FILE, "upstreams: 5");
    expect(await reload()).toEqual([422, "refused"]);
    files.set(FILE, "");
    expect(await reload()).toEqual([409, "waiting"]);
    files.set(FILE, `admin: { token: 0123456789abcdef }\n${yaml("b")}`);
    expect(await reload()).toEqual([200, "applied"]);
  });
});
