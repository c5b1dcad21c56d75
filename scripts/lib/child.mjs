// Child processes that end with us, and whose end becomes ours.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { constants } from "node:os";

const forwarded = /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"]);

/**
 * Who waits for us, when npm does: npm itself, and the shell between it and us. Neither passes every signal on (some shells keep SIGTERM to
 * themselves, npm does not know SIGHUP), so that all we see of their end is that another process has become our parent.
 */
function ancestors() {
  if (!process.env.npm_lifecycle_event) return "";
  try {
    return `${process.ppid} ${readFileSync(`/proc/${process.ppid}/stat`, "utf8").split(") ").at(-1)?.split(" ")[1]}`;
  } catch {
    // No /proc here: the nearer one must do.
    return String(process.ppid);
  }
}

/**
 * Runs a command on our own terminal, passes signals on to it, and waits for its end.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {import("node:child_process").SpawnOptions} [options]
 * @returns {Promise<number>} its exit code, 128 + n when signal n ended it; throws when it could not be started
 */
export function run(command, args, options = {}) {
  return new Promise((done, fail) => {
    const child = spawn(command, args, { stdio: "inherit", ...options });
    /**
     * Ctrl-C on a terminal reaches the child by itself; a second one might mean "at once" to it.
     * @param {NodeJS.Signals} signal
     */
    const pass = (signal) => (signal === "SIGINT" && process.stdin.isTTY) || child.kill(signal);
    for (const signal of forwarded) process.on(signal, pass);
    const family = ancestors();
    const watch = setInterval(() => ancestors() !== family && child.kill("SIGTERM"), 500);
    const release = () => {
      clearInterval(watch);
      for (const signal of forwarded) process.off(signal, pass);
    };
    child.on("error", (error) => {
      release();
      fail(error);
    });
    child.on("exit", (code, signal) => {
      release();
      done(code ?? 128 + (signal ? constants.signals[signal] : 0));
    });
  });
}
