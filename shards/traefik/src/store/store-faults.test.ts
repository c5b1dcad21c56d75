import { spawn } from "node:child_process";
import * as fs from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createFolderLock } from "./folder-lock.ts";
import { createHistory } from "./history.ts";
import { createRouteStore, hashOf } from "./route-store.ts";

let dynamicDir: string;
const folder = () => join(dynamicDir, "mcp-managed");
beforeEach(async () => {
  dynamicDir = await fs.mkdtemp(join(tmpdir(), "store-"));
});
afterEach(() => fs.rm(dynamicDir, { recursive: true, force: true }));

const hammer = (...args: string[]): Promise<number | string | null> =>
  new Promise((done) => {
    const script = fileURLToPath(new URL("../testing/hammer/main.ts", import.meta.url));
    const child = spawn(process.execPath, [script, ...args], { stdio: ["ignore", "inherit", "inherit"] });
    child.on("exit", (code, signal) => done(signal ?? code));
  });

const failing = (code: string) => Object.assign(new Error(`${code}: injected`), { code });

/** File handles whose method fails. */
function brokenHandles(method: "writeFile" | "sync", code: string) {
  return async (...args: Parameters<typeof fs.open>) => {
    const handle = await fs.open(...args);
    const writes = (Number(args[1]) & 1) === 1;
    if (writes) {
      Object.defineProperty(handle, method, {
        value: () => Promise.reject(failing(code)),
      });
    }
    return handle;
  };
}

describe("a write that fails leaves the old file whole and nothing else", () => {
  test.each([
    ["ENOSPC", { open: brokenHandles("writeFile", "ENOSPC") }, "disk is full"],
    ["EDQUOT", { open: brokenHandles("sync", "EDQUOT") }, "quota"],
    ["EIO", { open: brokenHandles("sync", "EIO") }, "disk or its server failed"],
    ["EROFS", { open: () => Promise.reject(failing("EROFS")) }, "read-only"],
    ["EACCES", { open: () => Promise.reject(failing("EACCES")) }, "write permission"],
    ["EXDEV", { rename: () => Promise.reject(failing("EXDEV")) }, "injected"],
    ["ESTALE", { rename: () => Promise.reject(failing("ESTALE")) }, "mount it again"],
  ])("%s", async (code, faults, remedy) => {
    const broken: { readonly open?: unknown; readonly rename?: unknown } = faults;
    const good = createRouteStore({ dynamicDir });
    await good.write("mcp-a", "old\n", null);
    // Reading is not what fails here.
    const open =
      broken.open === undefined
        ? fs.open
        : (...args: Parameters<typeof fs.open>) =>
            (Number(args[1]) & 3) === 0 ? fs.open(...args) : (broken.open as typeof fs.open)(...args);
    const store = createRouteStore({ dynamicDir, fs: { ...fs, ...broken, open } as never });
    const error = await store.write("mcp-a", "new\n", hashOf("old\n")).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ message: expect.stringContaining(code), next: expect.stringContaining(remedy) });
    expect(await fs.readFile(join(folder(), "mcp-a.yaml"), "utf8")).toBe("old\n");
    expect(await fs.readdir(folder())).toEqual(["mcp-a.yaml"]);
  });

  test("a rename that NFS did although it said no counts as done", async () => {
    const rename = async (from: string, to: string) => {
      await fs.rename(from, to);
      throw failing("ENOENT");
    };
    await createRouteStore({ dynamicDir, fs: { ...fs, rename } as never }).write("mcp-a", "new\n", null);
    expect(await fs.readFile(join(folder(), "mcp-a.yaml"), "utf8")).toBe("new\n");
  });
});

describe("what is not ours to write through", () => {
  test("a link in place of the folder or a file is refused", async () => {
    await fs.mkdir(join(dynamicDir, "elsewhere"));
    await fs.symlink(join(dynamicDir, "elsewhere"), folder());
    await expect(createRouteStore({ dynamicDir }).write("mcp-a", "x\n", null)).rejects.toThrow("symbolic link");
    await fs.rm(folder());
    await fs.mkdir(folder());
    await fs.writeFile(join(dynamicDir, "victim"), "precious");
    await fs.symlink(join(dynamicDir, "victim"), join(folder(), "mcp-a.yaml"));
    await expect(createRouteStore({ dynamicDir }).write("mcp-a", "x\n", null)).rejects.toThrow("no plain file");
    expect(await fs.readFile(join(dynamicDir, "victim"), "utf8")).toBe("precious");
  });

  test("a file that changed in the meantime is not overwritten", async () => {
    const store = createRouteStore({ dynamicDir });
    await store.write("mcp-a", "one\n", null);
    await expect(store.write("mcp-a", "two\n", null)).rejects.toThrow("changed by somebody else");
    await expect(store.remove("mcp-a", hashOf("other"))).rejects.toThrow("changed by somebody else");
  });
});

test(
  "killed at any call, the file is the old one or the new one, and leftovers are swept later",
  { timeout: 60_000 },
  async () => {
    const [before, after] = ["old\n".repeat(500), "new\n".repeat(700)];
    const seen = new Set<string>();
    for (let call = 1; ; call++) {
      await fs.rm(folder(), { recursive: true, force: true });
      await createRouteStore({ dynamicDir }).write("mcp-a", before, null);
      const ended = await hammer("crash", dynamicDir, "mcp-a", after, String(call));
      const text = await fs.readFile(join(folder(), "mcp-a.yaml"), "utf8");
      expect([before, after]).toContain(text);
      seen.add(text);
      const later = createRouteStore({ dynamicDir, now: () => Date.now() + 3_600_000 });
      expect(await later.list()).toHaveLength(1);
      expect(await fs.readdir(folder())).toEqual(["mcp-a.yaml"]);
      if (ended === 0) break;
      expect(ended).toBe("SIGKILL");
      expect(call).toBeLessThan(40);
    }
    expect(seen.size).toBe(2);
  },
);

test("two processes with 200 changes each lose none", { timeout: 120_000 }, async () => {
  await fs.writeFile(join(dynamicDir, "counter"), "0");
  expect(await Promise.all([hammer("count", dynamicDir, "200"), hammer("count", dynamicDir, "200")])).toEqual([0, 0]);
  expect(await fs.readFile(join(dynamicDir, "counter"), "utf8")).toBe("400");
  expect(await fs.readFile(join(folder(), "mcp-shared.yaml"), "utf8")).toBe("# 400\nhttp: {}\n");
  expect(await fs.readdir(folder())).toEqual(["mcp-shared.yaml"]);
});

describe("the lock", () => {
  const pause = (ms: number) => sleep(Math.min(ms, 2));

  test("of a holder that shows no life is taken over, of a living one is waited for", async () => {
    await fs.mkdir(folder());
    await fs.mkdir(join(folder(), ".lock"));
    await fs.writeFile(join(folder(), ".lock", "holder"), "dead 7\n");
    let now = 0;
    const elapsed = () => (now += 1000);
    const lock = createFolderLock(folder(), { elapsed, sleep: pause, stale: 30_000 });
    expect(await lock.hold(() => Promise.resolve("mine"))).toBe("mine");
    expect(now).toBeGreaterThan(30_000);
    expect(await fs.readdir(folder())).toEqual([]);
  });

  test("that is held for too long is an error with a way out", async () => {
    await fs.mkdir(folder());
    let now = 0;
    const lock = createFolderLock(folder(), { elapsed: () => now, sleep: pause, patience: 1000 });
    await lock.hold(async () => {
      const second = lock.hold(() => Promise.resolve());
      now = 5000;
      await expect(second).rejects.toThrow("Another process is changing routes");
    });
    expect(await fs.readdir(folder())).toEqual([]);
  });

  test("is given back when the work throws", async () => {
    await fs.mkdir(folder());
    const lock = createFolderLock(folder(), { sleep: pause });
    await expect(lock.hold(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(await fs.readdir(folder())).toEqual([]);
  });
});

test("history keeps the newest twenty changes of a route", async () => {
  let now = Date.parse("2026-01-01");
  const history = createHistory(join(dynamicDir, "state"), () => (now += 1000));
  for (let index = 0; index < 25; index++)
    await history.record([{ name: "mcp-a", action: "replace", before: String(index), after: null }]);
  const kept = await history.of("mcp-a");
  expect(kept.map(({ before }) => before)).toEqual(Array.from({ length: 20 }, (_, index) => String(24 - index)));
  expect(await history.latest()).toMatchObject({ before: "24" });
});
