// A guide followed word for word: its commands run in shells, its files are written, its answers compared.
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Readable } from "node:stream";
import { expect, vi } from "vitest";

/** One thing that a guide says to do; `what` is the comment before it. */
export interface Step {
  readonly what: string;
  readonly code: string;
  /** The answer it promises, where `…` stands for anything. */
  readonly answer: string | undefined;
}

const STEP = /<!-- ((?:run|file|start again)[^>]*?) -->(?:\n+```\w+\n([^]*?)```(?:\n+```text\n([^]*?)\n```)?)?/g;

export function stepsOf(guide: string): readonly Step[] {
  return [...guide.matchAll(STEP)].map(([, what = "", code = "", answer]) => ({ what, code, answer }));
}

/** A pattern for a text in which `…` stands for anything. */
export function patternOf(text: string): RegExp {
  const parts = text.split("…").map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return new RegExp(`^${parts.join("[^]*")}$`);
}

/** The environment of somebody who has Node and npm, and has not started us from npm. */
export function newcomersEnv(): Record<string, string> {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|INIT_CWD|VITEST|TEST|NODE_(?!EXTRA_CA))/.test(name),
  );
  const path = (process.env["PATH"] ?? "").split(":").filter((folder) => !folder.includes("node_modules"));
  return { ...(Object.fromEntries(kept) as Record<string, string>), PATH: path.join(":"), CI: "true" };
}

/** Somebody at a keyboard, with as many terminals as it takes. */
export function walker(folder: string) {
  const env = newcomersEnv();
  const terminals = new Map<string, { readonly child: ChildProcess; readonly said: string[] }>();

  function open(command: string): void {
    // The fourth pipe is a string to us: where we are gone without a word, it breaks, and the terminal closes.
    const child = spawn("bash", ["-c", `(cat <&3 >/dev/null; kill -TERM -- -$$) & exec ${command}`], {
      cwd: folder,
      env,
      detached: true,
      stdio: ["ignore", "pipe", "pipe", "pipe"],
    });
    const said: string[] = [];
    for (const stream of [child.stdout as Readable, child.stderr as Readable])
      stream.setEncoding("utf8").on("data", (text: string) => said.push(text));
    terminals.set(command, { child, said });
  }

  async function close(command: string): Promise<void> {
    const { child } = terminals.get(command) as { child: ChildProcess };
    terminals.delete(command);
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    process.kill(-(child.pid as number), "SIGINT");
    await ended;
    child.stdio[3]?.destroy();
  }

  const run = (command: string, cwd: string): Promise<string> =>
    new Promise((done, fail) => {
      execFile(
        "bash",
        ["-c", command],
        { cwd, env, timeout: 240_000, maxBuffer: 16 << 20 },
        (error, stdout, stderr) => {
          if (error === null) done(stdout);
          else fail(new Error(`${command.trim()} failed:\n${stdout}\n${stderr}`));
        },
      );
    });

  return {
    /** Does one step. @throws Error when it fails, or answers something else than the guide promises */
    async follow({ what, code, answer = "…" }: Step): Promise<void> {
      const [, cwd] = /^run in (\.\.?\/\S*)/.exec(what) ?? [];
      if (what.startsWith("file ")) {
        const path = join(folder, what.slice("file ".length));
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, code);
      } else if (what.startsWith("start again: ")) {
        const command = what.slice("start again: ".length);
        await close(command);
        open(command);
      } else if (what === "run in a terminal of its own") {
        open(code.trim());
      } else if (code.startsWith("curl")) {
        // What is asked for may take a moment to be so.
        const ask = async (): Promise<void> => expect((await run(code, folder)).trim()).toMatch(patternOf(answer));
        await vi.waitFor(ask, { timeout: 60_000, interval: 250 });
      } else {
        expect((await run(code, cwd === undefined ? folder : resolve(folder, cwd))).trim()).toMatch(patternOf(answer));
      }
    },
    /** What the terminals show, for whoever has to find out why a step failed. */
    screens: () =>
      [...terminals].map(([command, { said }]) => `$ ${command}\n${said.join("").slice(-3000)}`).join("\n\n"),
    async stop(): Promise<void> {
      for (const command of [...terminals.keys()].toReversed()) await close(command);
    },
  };
}
