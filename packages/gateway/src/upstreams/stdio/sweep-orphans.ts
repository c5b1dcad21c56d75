import { readFileSync } from "node:fs";
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { CHILDREN_FOLDER, startOf } from "./children.ts";
import { groupEnds, signalGroup } from "./process-group.ts";

const recordSchema = z.object({
  pid: z.int().min(2),
  started: z.string(),
  owner: z.object({ pid: z.int(), started: z.string() }),
});

const TERM_MS = 3_000;
const KILL_MS = 2_000;

/**
 * Ends what an earlier gateway that was killed left running. A group is ours where its first process is the one that was
 * started then; where that one has ended, a process of its group says so by what the gateway gave it.
 *
 * @returns how many groups were ended
 */
export async function sweepOrphans(stateDir: string): Promise<number> {
  const folder = join(stateDir, CHILDREN_FOLDER);
  const names = await readdir(folder).catch(() => []);
  const ended = await Promise.all(names.map((name) => sweep(join(folder, name))));
  return ended.filter(Boolean).length;
}

async function sweep(path: string): Promise<boolean> {
  const record = await readRecord(path);
  if (record !== undefined) {
    const { pid, started, owner } = record;
    // Another gateway of the same state folder looks after its own.
    if (owner.started !== "" && startOf(owner.pid) === owner.started) return false;
    const isOurs = started !== "" && (startOf(pid) === started || (await hasMarkedMember(pid, started)));
    if (isOurs && signalGroup(pid, "SIGTERM")) {
      await groupEnds(pid, TERM_MS);
      if (signalGroup(pid, "SIGKILL")) await groupEnds(pid, KILL_MS);
      await rm(path, { force: true });
      return true;
    }
  }
  await rm(path, { force: true });
  return false;
}

async function readRecord(path: string): Promise<z.output<typeof recordSchema> | undefined> {
  try {
    return recordSchema.parse(JSON.parse(await readFile(path, "utf8")));
  } catch {
    // Half a file of a gateway that was killed while it wrote.
    return undefined;
  }
}

/**
 * Whether a group whose first process has ended is still what it was: one of its processes began after that one and is no
 * first process itself. While a group lives its number is given to no new process, so such a group is the old one.
 */
async function hasMarkedMember(group: number, started: string): Promise<boolean> {
  if (startOf(group) !== undefined) return false;
  const pids = (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name));
  return pids.some((pid) => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return Number(fields[2]) === group && Number(fields[19]) >= Number(started);
    } catch {
      return false;
    }
  });
}
