// Keeps the programs of the house running side by side: each in a process group of its own, restarted when it dies, stopped in order.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** @typedef {{ name: string, args: readonly string[], env: NodeJS.ProcessEnv }} Program run by Node with these arguments */
/**
 * @typedef {object} Patience all in milliseconds
 * @property {number} firstRestart the pause before the first restart; each further one doubles it
 * @property {number} longestRestart the longest pause
 * @property {number} stable a program that lived this long starts again with the first pause
 * @property {number} drain how long a program may take to end before it is killed
 */

const preload = fileURLToPath(new URL("exit-with-parent.mjs", import.meta.url));
const restartsInARow = 5;

/** @type {Patience} Drain: a little more than the gateway's own 25 s. */
const usualPatience = { firstRestart: 1000, longestRestart: 30_000, stable: 60_000, drain: 30_000 };

/**
 * @param {number | null} code
 * @param {NodeJS.Signals | null} signal
 */
const manner = (code, signal) => (signal ? `was ended by ${signal}` : `ended with exit code ${code}`);

/**
 * @param {number} pid
 * @param {NodeJS.Signals} signal
 */
function signalGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== "ESRCH") throw error;
  }
}

/**
 * Starts one program and keeps it running.
 * @param {Program} program
 * @param {{ say: (line: string) => void, giveUp: (why: string) => void, mayRestart: () => boolean, patience: Patience }} owner
 */
function keep(program, { say, giveUp, mayRestart, patience }) {
  const { name, args, env } = program;
  /** @type {import("node:child_process").ChildProcess | undefined} */
  let child;
  /** @type {NodeJS.Timeout | undefined} */
  let pause;
  let stopping = false;
  let restarts = 0;

  function start() {
    const startedAt = Date.now();
    const started = spawn(process.execPath, ["--import", preload, ...args], {
      env,
      detached: true,
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    child = started;
    started.on("error", (error) => giveUp(`${name} could not be started: ${error.message}`));
    started.on("exit", (code, signal) => {
      child = undefined;
      if (started.pid) signalGroup(started.pid, "SIGKILL");
      if (!stopping) revive(manner(code, signal), Date.now() - startedAt);
    });
  }

  /**
   * @param {string} what
   * @param {number} lived milliseconds
   */
  function revive(what, lived) {
    if (!mayRestart()) return giveUp(`${name} ${what} while starting; its own words are above.`);
    if (lived >= patience.stable) restarts = 0;
    if (restarts === restartsInARow) return giveUp(`${name} ${what}, and ${restartsInARow} restarts did not help.`);
    const wait = Math.min(patience.firstRestart * 2 ** restarts, patience.longestRestart);
    restarts += 1;
    say(`${name} ${what}; starting it again in ${wait / 1000} s.`);
    pause = setTimeout(start, wait);
  }

  /** Ends the program: asks, waits for it to drain, then kills what is left of its group. */
  async function stop() {
    stopping = true;
    clearTimeout(pause);
    if (!child?.pid) return;
    const { pid } = child;
    const gone = once(child, "exit");
    signalGroup(pid, "SIGTERM");
    const impatience = setTimeout(() => {
      say(`${name} did not end within ${patience.drain / 1000} s; killing it.`);
      signalGroup(pid, "SIGKILL");
    }, patience.drain);
    await gone;
    clearTimeout(impatience);
  }

  /** Kills the program and what it started, at once. */
  function kill() {
    stopping = true;
    clearTimeout(pause);
    if (child?.pid) signalGroup(child.pid, "SIGKILL");
  }

  start();
  return { stop, kill };
}

/**
 * Runs programs side by side. Until `settled()` is called, the end of one is the end of all (somebody is watching the start, and wants to
 * know); afterwards a program that dies is started again with growing pauses, five times in a row at most.
 * @param {{ say: (line: string) => void, giveUp: (why: string) => void, patience?: Patience }} owner
 *   `giveUp` is told once why the house cannot go on; the owner then stops it
 */
export function supervise({ say, giveUp, patience = usualPatience }) {
  let isSettled = false;
  let isLost = false;
  /** @param {string} why */
  const lose = (why) => {
    if (!isLost) giveUp(why);
    isLost = true;
  };
  const owner = { say, patience, giveUp: lose, mayRestart: () => isSettled };
  /** @type {ReturnType<typeof keep>[]} */
  const kept = [];
  return {
    /** @param {Program} program */
    start: (program) => void kept.unshift(keep(program, owner)),
    settled: () => void (isSettled = true),
    /** Stops one after the other, the last started first, so that whoever drains still finds those it needs. */
    stop: async () => {
      isLost = true;
      for (const { stop } of kept) await stop();
    },
    kill: () => {
      isLost = true;
      for (const { kill } of kept) kill();
    },
  };
}
