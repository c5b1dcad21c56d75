import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ProcessGroup } from "./process-group.ts";

/** What a pid file holds: who was started when, and by whom. A pid alone may be another process's by now. */
export interface ChildRecord {
  readonly pid: number;
  readonly started: string;
  readonly owner: { readonly pid: number; readonly started: string };
}

export const CHILDREN_FOLDER = "children";

/**
 * Keeps watch over our programs for the case that we are killed and cannot: a shell of one line ends their groups as soon
 * as we are gone, and a file for each tells our next start what is left if that shell is gone too.
 */
export class Children {
  readonly #folder: string | undefined;
  readonly #ownPid: number;
  #guard: ChildProcess | undefined;

  constructor(stateDir: string | undefined, ownPid: number) {
    this.#folder = stateDir === undefined ? undefined : join(stateDir, CHILDREN_FOLDER);
    this.#ownPid = ownPid;
  }

  add({ pid }: ProcessGroup): void {
    if (pid === undefined) return;
    this.#guard ??= startGuard();
    this.#tellGuard(`+ ${pid}\n`);
    if (this.#folder === undefined) return;
    const owner = { pid: this.#ownPid, started: startOf(this.#ownPid) ?? "" };
    const record: ChildRecord = { pid, started: startOf(pid) ?? "", owner };
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      writeFileSync(join(this.#folder, `${pid}.json`), JSON.stringify(record), { mode: 0o600 });
    } catch {
      // Without the file the guard is all there is, which is enough unless it is killed as well.
    }
  }

  remove({ pid }: ProcessGroup): void {
    if (pid === undefined) return;
    this.#tellGuard(`- ${pid}\n`);
    if (this.#folder !== undefined) rmSync(join(this.#folder, `${pid}.json`), { force: true });
  }

  /** For the time when every program has ended. */
  close(): void {
    this.#guard?.stdin?.end();
    this.#guard = undefined;
  }

  #tellGuard(line: string): void {
    const stdin = this.#guard?.stdin;
    if (stdin?.writable === true) stdin.write(line);
  }
}

/** Reads `+ group` and `- group`; at the end of its input, which is ours, the groups that are left are ended. */
const GUARD = `
trap '' HUP INT TERM
groups=
while read -r sign group; do
  if [ "$sign" = + ]; then groups="$groups $group"; continue; fi
  left=
  for one in $groups; do [ "$one" = "$group" ] || left="$left $one"; done
  groups=$left
done
[ -z "$groups" ] && exit 0
sleep 2
for one in $groups; do kill -TERM "-$one" 2>/dev/null; done
sleep 3
for one in $groups; do kill -KILL "-$one" 2>/dev/null; done
`;

function startGuard(): ChildProcess {
  // A group of its own, so that what ends ours (a closed terminal) does not end it.
  const guard = spawn("/bin/sh", ["-c", GUARD], { detached: true, env: {}, stdio: ["pipe", "ignore", "ignore"] });
  const ignore = (): void => {
    // Where there is no shell, the files have to do.
  };
  guard.on("error", ignore);
  guard.stdin?.on("error", ignore);
  guard.unref();
  (guard.stdin as unknown as { unref?(): void } | null)?.unref?.();
  return guard;
}

/** When a process was started, in words that are its own as long as the machine runs; undefined where it is not there. */
export function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name, which may hold anything, stands in parentheses; field 22 is the 20th behind it (proc_pid_stat(5)).
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}
