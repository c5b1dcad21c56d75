import { ToolError } from "@shardgate/shard-sdk";
import { randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Lets one process at a time change the files of a folder. */
export interface FolderLock {
  /** Runs work while the lock is held. @throws ToolError when another process keeps it for too long */
  hold<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T>;
}

export interface FolderLockOptions {
  /** A clock that only runs forward, in ms. */
  readonly elapsed?: () => number;
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** How often the holder shows that it lives, in ms. */
  readonly beat?: number;
  /** How long a holder may show nothing until its lock is taken over, in ms. */
  readonly stale?: number;
  /** How long to wait in all, in ms. */
  readonly patience?: number;
}

const NAME = ".lock";

/**
 * A lock made of a folder, because `mkdir` is atomic on NFS too. The holder rewrites a file in it; a waiter that sees no
 * change for `stale` ms by its own clock takes the lock over, so that neither time stamps nor clocks of two machines are
 * compared. Traefik sees nothing of it: the folder holds no YAML.
 */
export function createFolderLock(folder: string, options: FolderLockOptions): FolderLock {
  const { elapsed = () => performance.now(), sleep, beat = 5000, stale = 30_000, patience = 60_000 } = options;
  const path = join(folder, NAME);

  async function take(token: string): Promise<boolean> {
    try {
      await mkdir(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
      throw error;
    }
    await show(token, 0);
    return true;
  }

  const show = (token: string, count: number): Promise<void> => writeFile(join(path, "holder"), `${token} ${count}\n`);

  /** What the holder shows now; undefined when there is none. */
  async function seen(at: string): Promise<string | undefined> {
    const names = await readdir(at).catch(() => undefined);
    return names === undefined ? undefined : readFile(join(at, "holder"), "utf8").catch(() => "");
  }

  /** Moves a dead holder's lock away, unless somebody else was quicker. */
  async function takeOver(shown: string): Promise<void> {
    if ((await seen(path)) !== shown) return;
    const aside = join(folder, `${NAME}-${randomBytes(6).toString("hex")}`);
    await rename(path, aside).catch(() => {});
    const moved = await seen(aside);
    if (moved === undefined) return;
    // Between the look and the move a new holder may have come: then it gets its lock back.
    if (moved !== shown) await rename(aside, path).catch(() => {});
    await rm(aside, { recursive: true, force: true });
  }

  async function acquire(token: string, signal?: AbortSignal): Promise<void> {
    const started = elapsed();
    let shown: string | undefined;
    let since = started;
    while (!(await take(token))) {
      signal?.throwIfAborted();
      const now = elapsed();
      const current = await seen(path);
      if (current !== shown) [shown, since] = [current, now];
      else if (current !== undefined && now - since >= stale) await takeOver(current);
      if (now - started >= patience) {
        throw new ToolError("Another process is changing routes and does not finish.", {
          next: `Try again in a minute. If no other Traefik shard uses this folder, delete ${path}.`,
        });
      }
      await sleep(20 + Math.floor(Math.random() * 30), signal);
    }
  }

  return {
    async hold(work, signal) {
      const token = randomBytes(8).toString("hex");
      await acquire(token, signal);
      let count = 0;
      let showing: Promise<void> | undefined;
      const beating = setInterval(() => {
        showing ??= show(token, ++count)
          .catch(() => {})
          .finally(() => (showing = undefined));
      }, beat);
      try {
        return await work();
      } finally {
        clearInterval(beating);
        // While the file is being written it is empty, and we would not know our own lock.
        await showing;
        // Taken over from us while we slept: then it is not ours to remove.
        if ((await seen(path))?.startsWith(token) === true) await rm(path, { recursive: true, force: true });
      }
    },
  };
}
