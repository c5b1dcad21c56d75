// What Linux tells of a process; elsewhere there is nothing, and the report says so.
import { readFileSync } from "node:fs";

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
