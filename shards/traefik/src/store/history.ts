import { randomBytes } from "node:crypto";
import { appendFile, mkdir, readdir, readFile, rename, stat, unlink } from "node:fs/promises";
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
});

/** One change of one route file, with all that is needed to undo it. */
export type Revision = z.output<typeof revisionSchema>;
export type ChangeAction = z.output<typeof actionSchema>;

/** Earlier versions of route files, kept outside the directory that Traefik loads, and a log of what was done. */
export interface History {
  /** Keeps what a change replaces, before the change is made. */
  record(change: Pick<Revision, "name" | "action" | "before" | "after">): Promise<Revision>;
  /** Drops a recorded change that was not made after all. */
  forget(revision: Revision): Promise<void>;
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

  return {
    async record(change) {
      const at = new Date(now()).toISOString();
      const id = `${at.replace(/[-:.]/g, "").toLowerCase()}-${randomBytes(2).toString("hex")}`;
      const revision: Revision = { id, at, ...change };
      await mkdir(folderOf(change.name), { recursive: true, mode: 0o700 });
      await atomicWrite(
        fs,
        join(folderOf(change.name), `${id}.json`),
        Buffer.from(JSON.stringify(revision, undefined, 1)),
      );
      for (const old of (await ids(change.name)).slice(KEEP))
        await unlink(join(folderOf(change.name), `${old}.json`)).catch(() => {});
      return revision;
    },
    async forget(revision) {
      await unlink(join(folderOf(revision.name), `${revision.id}.json`)).catch(() => {});
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
