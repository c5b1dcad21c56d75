import { randomBytes } from "node:crypto";
import { appendFile, mkdir, readdir, readFile, rename, rm, stat, unlink } from "node:fs/promises";
import * as fs from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { atomicWrite } from "./atomic-write.ts";

const actionSchema = z.enum(["create", "replace", "delete", "restore"]);

const revisionSchema = z.object({
  id: z.string(),
  name: z.string(),
  action: actionSchema,
  /** When, as ISO 8601 in UTC. */
  at: z.string(),
  /** The file before the change; null when there was none. */
  before: z.string().nullable(),
  /** The file the change wrote; null when it deleted it. */
  after: z.string().nullable(),
  /** Every route of the change, where it was about several; their revisions have one id. */
  routes: z.array(z.string()).optional(),
});

const pendingSchema = z.object({ id: z.string(), routes: z.array(z.string()) });

/** One change of one route file, with all that is needed to undo it. */
export type Revision = z.output<typeof revisionSchema>;
export type ChangeAction = z.output<typeof actionSchema>;

/** Earlier versions of route files, kept outside the directory that Traefik loads, and a log of what was done. */
export interface History {
  /** Keeps what a change of one route or several replaces, before it is made. All get one id. */
  record(changes: readonly Pick<Revision, "name" | "action" | "before" | "after">[]): Promise<readonly Revision[]>;
  /** Drops a recorded change that was not made after all. */
  forget(revisions: readonly Revision[]): Promise<void>;
  /** Notes that the files of a change are being written; a process that dies then leaves the note. */
  begin(revisions: readonly Revision[]): Promise<void>;
  /** Takes the note back: all files are written, or none. */
  end(): Promise<void>;
  /** The change that a process died in, if one did. */
  unfinished(): Promise<readonly Revision[]>;
  /** One change by its id, with all its routes; empty when there is none. */
  change(id: string): Promise<readonly Revision[]>;
  /** Changes of one route, newest first. */
  of(name: string): Promise<readonly Revision[]>;
  /** The newest change of any route. */
  latest(): Promise<Revision | undefined>;
  /** Appends one line to the audit log. */
  audit(entry: Readonly<Record<string, unknown>>): Promise<void>;
}

/** Most revisions kept of one route; the size in bytes at which the audit log starts anew, the old one kept once. */
const KEEP = 20;
const AUDIT_LIMIT = 5 * 1024 * 1024;

export function createHistory(stateDir: string, now: () => number): History {
  const folder = join(stateDir, "revisions");
  const folderOf = (name: string) => join(folder, name);

  async function read(name: string, id: string): Promise<Revision | undefined> {
    try {
      return revisionSchema.parse(JSON.parse(await readFile(join(folderOf(name), `${id}.json`), "utf8")));
    } catch {
      // A revision that cannot be read must not stand in the way of those that can.
      return undefined;
    }
  }

  async function ids(name: string): Promise<string[]> {
    const files = await namesIn(folderOf(name));
    return files
      .filter((file) => file.endsWith(".json"))
      .map((file) => file.slice(0, -".json".length))
      .toSorted()
      .toReversed();
  }

  const pending = join(stateDir, "pending.json");
  const write = (file: string, value: unknown): Promise<void> =>
    atomicWrite(fs, file, Buffer.from(JSON.stringify(value, undefined, 1)));

  async function several(names: readonly string[], id: string): Promise<Revision[]> {
    const found = await Promise.all(names.map((name) => read(name, id)));
    return found.filter((revision) => revision !== undefined);
  }

  return {
    async record(changes) {
      const at = new Date(now()).toISOString();
      const id = `${at.replace(/[-:.]/g, "").toLowerCase()}-${randomBytes(2).toString("hex")}`;
      const together = changes.length > 1 ? { routes: changes.map(({ name }) => name) } : {};
      const revisions = changes.map((change): Revision => ({ id, at, ...change, ...together }));
      for (const revision of revisions) {
        await mkdir(folderOf(revision.name), { recursive: true, mode: 0o700 });
        await write(join(folderOf(revision.name), `${id}.json`), revision);
        for (const old of (await ids(revision.name)).slice(KEEP))
          await unlink(join(folderOf(revision.name), `${old}.json`)).catch(() => {});
      }
      return revisions;
    },
    async forget(revisions) {
      for (const { name, id } of revisions) await unlink(join(folderOf(name), `${id}.json`)).catch(() => {});
    },
    async begin(revisions) {
      const [first] = revisions;
      if (first?.routes !== undefined) await write(pending, { id: first.id, routes: first.routes });
    },
    async end() {
      await rm(pending, { force: true });
    },
    async unfinished() {
      const text = await readFile(pending, "utf8").catch((error: NodeJS.ErrnoException) => {
        if (error.code !== "ENOENT") throw error;
      });
      if (text === undefined) return [];
      try {
        const { id, routes } = pendingSchema.parse(JSON.parse(text));
        return await several(routes, id);
      } catch {
        // Written as a whole or not at all, so somebody else spoilt it: then nothing can be told from it.
        return [];
      }
    },
    async change(id) {
      // An id becomes part of a path only when it looks like one of ours.
      if (!/^\d{8}t\d{9}z-[0-9a-f]{4}$/.test(id)) return [];
      return several(await namesIn(folder), id);
    },
    async of(name) {
      const found = await Promise.all((await ids(name)).map((id) => read(name, id)));
      return found.filter((revision) => revision !== undefined);
    },
    async latest() {
      const newest = await Promise.all(
        (await namesIn(folder)).map(async (name) => [name, (await ids(name))[0]] as const),
      );
      const [first] = newest
        .filter(([, id]) => id !== undefined)
        .toSorted(([, a], [, b]) => ((a as string) < (b as string) ? 1 : -1));
      return first === undefined ? undefined : read(first[0], first[1] as string);
    },
    async audit(entry) {
      const file = join(stateDir, "audit.jsonl");
      await mkdir(stateDir, { recursive: true, mode: 0o700 });
      if (((await stat(file).catch(() => undefined))?.size ?? 0) > AUDIT_LIMIT) await rename(file, `${file}.1`);
      await appendFile(file, `${JSON.stringify({ at: new Date(now()).toISOString(), ...entry })}\n`, { mode: 0o600 });
    },
  };
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
}
