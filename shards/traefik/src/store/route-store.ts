import { ToolError } from "@shardgate/shard-sdk";
import { createHash } from "node:crypto";
import { constants, type Dirent } from "node:fs";
import * as nodeFs from "node:fs/promises";
import { join } from "node:path";
import type { OwnProvider } from "../client/api-types.ts";
import { atomicWrite, syncFolder, TEMP_PATTERN, type WriteFs } from "./atomic-write.ts";
import { poke } from "./poke.ts";
import { withDeadline } from "./with-deadline.ts";

/** A file in the managed folder, read at one moment. */
export interface StoredFile {
  /** Name of the router it belongs to: the file's name without `.yaml`. */
  readonly name: string;
  readonly path: string;
  readonly text: string;
  /** sha256 of the bytes, in hex. */
  readonly hash: string;
}

/** A file that Traefik loads but that is not ours. */
export interface ForeignFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Why Traefik does not load, and what to do about it. */
export interface Obstacle {
  readonly reason: string;
  readonly fix: string;
}

/** The folder of our route files; nothing else in the shard knows where it is or touches a file in it. */
export interface RouteStore {
  readonly folder: string;
  /** Which of Traefik's providers reads these routes. */
  readonly provider: OwnProvider;
  list(): Promise<readonly StoredFile[]>;
  read(name: string): Promise<StoredFile | undefined>;
  /**
   * Writes a route's file as a whole.
   *
   * @param expected hash of the file that is replaced, null when there must be none
   */
  write(name: string, text: string, expected: string | null): Promise<void>;
  /** Deletes a route's file. */
  remove(name: string, expected: string): Promise<void>;
  /** Makes Traefik load its files. Call it once after each change. */
  poke(): Promise<void>;
  /** Every other file that Traefik loads, in its order; undefined when the directory cannot be read. */
  foreign(): Promise<readonly ForeignFile[] | undefined>;
  /** Why Traefik may not know of a change, where no file is broken. */
  unheard(): Promise<Obstacle>;
  /** Throws a ToolError when the folder cannot be used; does not ask twice while an answer is outstanding. */
  check(): Promise<void>;
}

export const MANAGED_FOLDER = "mcp-managed";

/** Longest wait for a file operation in ms: a dead NFS server answers never. */
const PATIENCE = 10_000;
const MAX_FILES = 20_000;
const MAX_FILE_BYTES = 2 * 1024 * 1024;
/** Age in ms at which a temporary file is a leftover; also how often they are looked for. */
const LEFTOVER_AGE = 10 * 60_000;

type Fs = WriteFs & Pick<typeof nodeFs, "access" | "lstat" | "mkdir" | "readdir">;

export interface RouteStoreOptions {
  /** The file provider's directory. */
  readonly dynamicDir: string;
  /** Name of our folder in it; default `mcp-managed`. */
  readonly managed?: string;
  readonly now?: () => number;
  readonly fs?: Fs;
}

export function createRouteStore(options: RouteStoreOptions): RouteStore {
  const { dynamicDir, managed = MANAGED_FOLDER, now = Date.now, fs = nodeFs } = options;
  const folder = join(dynamicDir, managed);
  const fileOf = (name: string) => join(folder, `${name}.yaml`);
  let swept = -Infinity;
  let checking: Promise<void> | undefined;

  /** The folder exists, is a folder and no link, and holds no leftovers of a crash. */
  async function ready(): Promise<void> {
    const found = await fs.lstat(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw error;
    });
    if (found?.isSymbolicLink() === true) {
      throw new ToolError(`${folder} is a symbolic link; Traefik does not follow it and loads nothing from it.`, {
        next: "Replace it by a real folder, or by a bind mount.",
      });
    }
    if (found !== undefined && !found.isDirectory())
      throw new ToolError(`${folder} is no folder.`, { next: "Move that file away." });
    if (found === undefined) {
      try {
        await fs.mkdir(folder, { mode: 0o755 });
      } catch (error) {
        // Another process made it meanwhile; what it made is looked at like any other.
        if ((error as NodeJS.ErrnoException).code === "EEXIST") return ready();
        throw error;
      }
    }
    if (now() - swept < LEFTOVER_AGE) return;
    swept = now();
    await sweep();
  }

  /** Besides being there it can be written, which setting its times takes too. */
  async function usable(): Promise<void> {
    await ready();
    await fs.access(folder, constants.W_OK);
  }

  /** Deletes what writers that died have left: no write takes as long as the age that counts as dead. */
  async function sweep(): Promise<void> {
    for (const name of await fs.readdir(folder)) {
      if (!TEMP_PATTERN.test(name)) continue;
      // Another process may have ended its write since the folder was read; then there is nothing left over.
      const found = await fs.lstat(join(folder, name)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== "ENOENT") throw error;
      });
      if (found && now() - found.mtimeMs > LEFTOVER_AGE) await fs.unlink(join(folder, name)).catch(() => {});
    }
  }

  async function readFile(path: string): Promise<StoredFile | undefined> {
    const name = path.slice(folder.length + 1, -".yaml".length);
    const found = await fs.lstat(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw error;
    });
    if (found === undefined) return undefined;
    if (!found.isFile())
      throw new ToolError(`${path} is no plain file.`, { next: "Remove it: only this shard writes there." });
    if (found.size > MAX_FILE_BYTES)
      throw new ToolError(`${path} is larger than ${MAX_FILE_BYTES} bytes.`, {
        next: "Remove it: it is not one of ours.",
      });
    const bytes = await readNoFollow(fs, path);
    return { name, path, text: bytes.toString("utf8"), hash: hashOf(bytes) };
  }

  async function expect(name: string, expected: string | null): Promise<void> {
    const found = await readFile(fileOf(name));
    if ((found?.hash ?? null) === expected) return;
    throw new ToolError(`The file of route ${name} was changed by somebody else in the meantime.`, {
      next: "Look at the route again, then repeat the call.",
    });
  }

  const guard = <T>(doing: string, work: () => Promise<T>): Promise<T> =>
    withDeadline(
      PATIENCE,
      async () => {
        try {
          return await work();
        } catch (error) {
          throw explain(error, doing, folder);
        }
      },
      () =>
        new ToolError(`${folder} did not answer within ${PATIENCE / 1000} s while ${doing}.`, {
          next: "Check the mount of the folder (a dead NFS server hangs).",
        }),
    );

  return {
    folder,
    provider: "file",
    list: () =>
      guard("reading the route files", async () => {
        await ready();
        const names = (await fs.readdir(folder))
          .filter((name) => name.endsWith(".yaml") && !name.startsWith("."))
          .toSorted();
        const files: StoredFile[] = [];
        for (const name of names.slice(0, MAX_FILES)) {
          const file = await readFile(join(folder, name));
          if (file !== undefined) files.push(file);
        }
        return files;
      }),
    read: (name) =>
      guard(`reading route ${name}`, async () => {
        await ready();
        return readFile(fileOf(name));
      }),
    write: (name, text, expected) =>
      guard(`writing route ${name}`, async () => {
        await ready();
        await expect(name, expected);
        await atomicWrite(fs, fileOf(name), Buffer.from(text));
      }),
    remove: (name, expected) =>
      guard(`deleting route ${name}`, async () => {
        await ready();
        await expect(name, expected);
        await fs.unlink(fileOf(name)).catch((error: NodeJS.ErrnoException) => {
          // NFS may send a call twice; gone is what was wanted.
          if (error.code !== "ENOENT") throw error;
        });
        await syncFolder(fs, folder);
      }),
    poke: () => guard("telling Traefik", () => poke(folder)),
    foreign: () =>
      withDeadline(
        PATIENCE,
        () => foreignFiles(fs, dynamicDir, folder),
        () => undefined,
      ),
    unheard: () => Promise.resolve(NO_EVENT),
    check: () => {
      checking ??= guard("looking at the folder", usable).finally(() => {
        checking = undefined;
      });
      return checking;
    },
  };
}

const NO_EVENT: Obstacle = {
  reason: "Traefik has not loaded the file: no event reached it, or another file of its directory cannot be read.",
  fix: [
    "On NFS no event crosses machines: run `docker kill -s HUP traefik` on Traefik's host (a timer will do), restart Traefik, run this shard on that host, or let Traefik ask this shard instead (TRAEFIK_PROVIDER=http).",
    "Otherwise check that TRAEFIK_DYNAMIC_DIR is the directory of Traefik's file provider (providers.file.directory, watch on), that mcp-managed in it is a real folder, and look for `Error occurred during watcher callback` in Traefik's log.",
  ].join(" "),
};

export function hashOf(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

async function readNoFollow(fs: Fs, path: string): Promise<Buffer> {
  const handle = await fs.open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

/** What Traefik loads besides our files, as far as this process may read it. */
async function foreignFiles(fs: Fs, dynamicDir: string, managed: string): Promise<ForeignFile[] | undefined> {
  const files: ForeignFile[] = [];
  async function walk(folder: string): Promise<void> {
    const entries: Dirent[] = await fs.readdir(folder, { withFileTypes: true });
    for (const entry of entries.toSorted((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)))) {
      const path = join(folder, entry.name);
      if (files.length >= MAX_FILES) return;
      if (entry.isDirectory()) await walk(path);
      else if (
        /\.(ya?ml|toml)$/i.test(entry.name) &&
        !(folder === managed && !entry.name.startsWith(".") && entry.name.endsWith(".yaml"))
      ) {
        const { size } = await fs.lstat(path);
        if (size <= MAX_FILE_BYTES) files.push({ path, bytes: await fs.readFile(path) });
      }
    }
  }
  try {
    await walk(dynamicDir);
    return files;
  } catch {
    // Often only the managed folder is mounted here: then there is nothing to look at, and the proof shows what happens.
    return undefined;
  }
}

const REMEDIES: Readonly<Record<string, string>> = {
  ENOSPC: "The disk is full: free some space on it.",
  EDQUOT: "The quota is used up: raise it or free some space.",
  EROFS: "The folder is mounted read-only: mount it writable into this shard.",
  EACCES: "Give this shard's user write permission on the folder.",
  EPERM: "Give this shard's user write permission on the folder.",
  ENOENT: "The directory is gone: check TRAEFIK_DYNAMIC_DIR (or SHARD_STATE_DIR) and its mount.",
  ESTALE: "The NFS mount is stale: mount it again.",
  EIO: "The disk or its server failed: check it, then repeat the call.",
};

function explain(error: unknown, doing: string, folder: string): unknown {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (error instanceof ToolError || typeof code !== "string") return error;
  return new ToolError(`${code} in ${folder} while ${doing}; no route was changed.`, {
    next: REMEDIES[code] ?? `The system says: ${(error as Error).message}`,
    cause: error,
  });
}
