// What Linux tells of a process; elsewhere there is nothing, and the report says so.
import { readdirSync, readFileSync } from "node:fs";

/** Linux fixes this for programs (USER_HZ), whatever the kernel's own clock does. */
const ticksPerSecond = 100;

function read(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

/** Processor time that a process has used so far, all its threads, in microseconds (to 10 ms); undefined where there is no /proc. */
export function cpuTime(pid: number): number | undefined {
  const stat = read(`/proc/${pid}/stat`);
  // The name in brackets may hold spaces: count from behind it. 14th and 15th field: utime, stime.
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields && ((Number(fields[11]) + Number(fields[12])) * 1_000_000) / ticksPerSecond;
}

/** Resident memory in MB (10^6 bytes), now and at its highest; undefined where there is no /proc. */
export function memory(pid: number): { readonly now: number; readonly peak: number } | undefined {
  const status = read(`/proc/${pid}/status`);
  if (status === undefined) return undefined;
  const megabytes = (key: string): number =>
    (Number(new RegExp(`${key}:\\s+(\\d+) kB`).exec(status)?.[1]) * 1024) / 1e6;
  return { now: megabytes("VmRSS"), peak: megabytes("VmHWM") };
}

/**
 * Processor time that processes below `root` have used so far, with those of them that ended and were waited for, in
 * milliseconds (to 10 ms); `root` itself does not count. Undefined where there is no /proc.
 */
export function cpuBelow(root: number): number | undefined {
  if (read("/proc/self/stat") === undefined) return undefined;
  const times = treeOf([root])
    .filter((pid) => pid !== root)
    .map((pid) => {
      const stat = read(`/proc/${pid}/stat`);
      // utime, stime, and the same of waited-for children: fields 14 to 17.
      const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ") ?? [];
      return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    });
  return (times.reduce((sum, ticks) => sum + ticks, 0) * 1_000) / ticksPerSecond;
}

/**
 * Memory of processes and all that they started, in MB (10^6 bytes): each page in its share of those who use it (PSS);
 * undefined where there is no /proc.
 */
export function treeMemory(roots: readonly number[]): number | undefined {
  if (read("/proc/self/smaps_rollup") === undefined) return undefined;
  const shares = treeOf(roots).map((pid) => {
    return Number(/^Pss:\s+(\d+) kB/m.exec(read(`/proc/${pid}/smaps_rollup`) ?? "")?.[1] ?? 0);
  });
  return (shares.reduce((sum, kilobytes) => sum + kilobytes, 0) * 1024) / 1e6;
}

/** Processes and all that they started. */
function treeOf(roots: readonly number[]): readonly number[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const parents = new Map(pids.map((pid) => [Number(pid), parentOf(pid)]));
  const isInside = (pid: number | undefined): boolean =>
    pid !== undefined && pid > 1 && (roots.includes(pid) || isInside(parents.get(pid)));
  return [...parents.keys()].filter(isInside);
}

function parentOf(pid: string): number | undefined {
  const stat = read(`/proc/${pid}/stat`);
  return stat === undefined ? undefined : Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
}
