// A process for tests to start: writes routes as a shard does, beside others, or until it kills itself at a given call.
// Arguments: count <dynamicDir> <times> · crash <dynamicDir> <name> <text> <call>
import * as fs from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createFolderLock } from "../../store/folder-lock.ts";
import { createRouteStore, hashOf, type RouteStore } from "../../store/route-store.ts";

const [mode, dynamicDir = "", ...rest] = process.argv.slice(2);
await (mode === "count" ? count(Number(rest[0])) : crash(rest as [string, string, string]));

/** Adds one to a number in a file, again and again: without a lock numbers get lost. */
async function count(times: number): Promise<void> {
  const store = createRouteStore({ dynamicDir });
  const lock = createFolderLock(store.folder, { sleep: (ms) => sleep(ms) });
  const counter = join(dynamicDir, "counter");
  await store.check();
  for (let index = 0; index < times; index++) {
    await lock.hold(async () => {
      const value = Number(await fs.readFile(counter, "utf8"));
      const route = await store.read("mcp-shared");
      await store.write("mcp-shared", `# ${value + 1}\nhttp: {}\n`, route?.hash ?? null);
      await fs.writeFile(counter, String(value + 1));
    });
  }
}

/** Replaces a route's file, but dies at the n-th file system call. */
async function crash([name, text, call]: [string, string, string]): Promise<void> {
  let left = Number(call);
  const dying = <T extends (...args: never[]) => unknown>(real: T): T =>
    ((...args: never[]) => {
      if (--left === 0) process.kill(process.pid, "SIGKILL");
      return real(...args);
    }) as T;
  const open = async (...args: Parameters<typeof fs.open>) => {
    const handle = await fs.open(...args);
    for (const method of ["writeFile", "sync", "stat", "close"] as const) {
      Object.defineProperty(handle, method, {
        value: dying((handle[method] as (...args: never[]) => unknown).bind(handle)),
      });
    }
    return handle;
  };
  const store: RouteStore = createRouteStore({
    dynamicDir,
    fs: { ...fs, open: dying(open), rename: dying(fs.rename), unlink: dying(fs.unlink) } as never,
  });
  const before = await fs.readFile(join(store.folder, `${name}.yaml`)).catch(() => undefined);
  await store.write(name, text, before === undefined ? null : hashOf(before));
}
