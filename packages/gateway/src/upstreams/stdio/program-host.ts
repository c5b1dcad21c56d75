import { availableParallelism } from "node:os";
import type { Cancellation } from "@shardgate/mcp-wire";
import { childEnvironment } from "./child-environment.ts";
import { Children } from "./children.ts";
import type { Preparer } from "./prepare/index.ts";
import type { Program } from "./process-group.ts";
import { Turns } from "./turns.ts";

/** What of the machine programs are started with. */
export interface ProgramSettings {
  /** Our own environment; programs get what every program needs of it. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Our own process. */
  readonly pid: number;
  /** Folder for what outlives a restart; undefined where nothing is kept. */
  readonly stateDir?: string | undefined;
  /** Folder for packages that were installed to be run; undefined where the wrappers do that. */
  readonly cacheDir?: string | undefined;
}

/** What a definition says of how its program is started. */
export interface Wanted {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string | undefined;
}

/** Everything that the programs of one gateway share. */
export class ProgramHost {
  /** Few start at once. */
  readonly starts: Turns = new Turns(Math.max(3, availableParallelism() + 1));
  readonly children: Children;
  readonly #settings: ProgramSettings;
  #sweeping: Promise<number> | undefined;
  #preparing: Promise<Preparer> | undefined;

  constructor(settings: ProgramSettings) {
    this.#settings = settings;
    this.children = new Children(settings.stateDir, settings.pid);
  }

  get stateDir(): string | undefined {
    return this.#settings.stateDir;
  }

  /**
   * What to start for a definition: itself, or the installed program behind a wrapper.
   *
   * @param note takes a line for people where it is not as it should be
   */
  async prepare(wanted: Wanted, cancellation: Cancellation, note: (text: string) => void): Promise<Program> {
    // What is left of an earlier run may hold what this one needs.
    await this.sweep();
    const { command, args, env, cwd } = wanted;
    try {
      const program = await (await this.#preparer())?.resolve(wanted, cancellation);
      if (program !== undefined) return program;
    } catch (error) {
      note(`shardgate runs the wrapper ${command}, which costs memory: ${(error as Error).message}`);
    }
    const isInstaller = /(^|[/\\])(npx|uvx|npm|pnpm|bunx|uv|pipx)(\.cmd|\.exe)?$/.test(command);
    return { command, args, env: childEnvironment(this.#settings.env, env, isInstaller), cwd };
  }

  #preparer(): Promise<Preparer> | undefined {
    const { env, cacheDir } = this.#settings;
    if (cacheDir === undefined) return undefined;
    const { children } = this;
    return (this.#preparing ??= import("./prepare/index.ts").then(
      (it) => new it.Preparer({ env, cacheDir, children }),
    ));
  }

  /** Ends, once, what an earlier gateway left running. @returns how many programs that were */
  sweep(): Promise<number> {
    return (this.#sweeping ??= this.#sweep());
  }

  async #sweep(): Promise<number> {
    const { stateDir } = this.#settings;
    if (stateDir === undefined) return 0;
    const { sweepOrphans } = await import("./sweep-orphans.ts");
    return await sweepOrphans(stateDir);
  }

  /** For the time when every program has ended. */
  close(): void {
    this.children.close();
  }
}
