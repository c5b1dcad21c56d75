// Child processes that end with us, and whose end becomes ours.
import { spawn } from "node:child_process";
import { constants } from "node:os";

const forwarded = /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"]);

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
    const release = () => {
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
