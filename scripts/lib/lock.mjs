// One at a time: `npm start` and `npm test` may be called side by side in a fresh clone.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** @param {number} pid */
function lives(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, but belongs to somebody else.
    return /** @type {NodeJS.ErrnoException} */ (error).code === "EPERM";
  }
}

/**
 * Takes the lock file, or tells who holds it. A lock left by a process that is gone is taken over.
 * @param {string} file
 * @returns {number | undefined} the holder's process id (0 when it is just writing it); undefined: the lock is ours
 */
function take(file) {
  try {
    writeFileSync(file, String(process.pid), { flag: "wx" });
    return undefined;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== "EEXIST") throw error;
  }
  const holder = existsSync(file) ? Number(readFileSync(file, "utf8")) : 0;
  if (holder === 0 || lives(holder)) return holder;
  rmSync(file, { force: true });
  return take(file);
}

/**
 * Runs `work` while holding the lock file, waiting at most `patience` ms for another holder.
 * @template T
 * @param {string} file
 * @param {() => Promise<T>} work
 * @param {number} [patience] milliseconds
 * @returns {Promise<T>}
 */
export async function withLock(file, work, patience = 15 * 60_000) {
  mkdirSync(dirname(file), { recursive: true });
  const giveUp = Date.now() + patience;
  let told = false;
  for (let holder = take(file); holder !== undefined; holder = take(file)) {
    if (!told) console.error(`Process ${holder} is doing this already; waiting for it.`);
    told = true;
    if (Date.now() > giveUp)
      throw new Error(`The other set-up did not end. If there is none, delete ${file} and try again.`);
    await sleep(250);
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}
