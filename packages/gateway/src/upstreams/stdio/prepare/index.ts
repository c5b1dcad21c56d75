import { platform } from "node:os";
import { delimiter, dirname, join } from "node:path";
import type { Cancellation } from "@shardgate/mcp-wire";
import { childEnvironment } from "../child-environment.ts";
import type { Children } from "../children.ts";
import type { Program } from "../process-group.ts";
import type { Wanted } from "../program-host.ts";
import { Turns } from "../turns.ts";
import { InstalledPackages } from "./installed-packages.ts";
import { findNpm, installNpm } from "./npm.ts";
import { runTool } from "./run-tool.ts";
import { installUv } from "./uv.ts";
import { readWrapper, type WrappedPackage } from "./wrapper.ts";

export interface PreparerSettings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cacheDir: string;
  readonly children: Children;
}

/**
 * Finds the program behind `npx package` and `uvx package`, installing it where it is not there yet: a wrapper that stays
 * costs as much memory as what it runs, and starts it seconds later.
 */
export class Preparer {
  readonly #settings: PreparerSettings;
  readonly #packages: InstalledPackages;
  readonly #turns = new Turns(2);

  constructor(settings: PreparerSettings) {
    this.#settings = settings;
    this.#packages = new InstalledPackages(join(settings.cacheDir, "packages"));
  }

  /**
   * @returns undefined where the command is no wrapper we know all of
   * @throws Error where the package cannot be installed
   */
  async resolve({ command, args, env, cwd }: Wanted, cancellation: Cancellation): Promise<Program | undefined> {
    const wrapped = platform() === "win32" ? undefined : readWrapper(command, args);
    if (wrapped === undefined) return undefined;
    const installerEnv = childEnvironment(this.#settings.env, env, true);
    const path = await this.#pathOf(wrapped, command, cwd, installerEnv, cancellation);
    const own = childEnvironment(this.#settings.env, env, false);
    // As under the wrapper, what the package brings along is found before what the machine has.
    const searched = [dirname(path), own["PATH"]].filter(Boolean).join(delimiter);
    return { command: path, args: wrapped.args, env: { ...own, PATH: searched }, cwd };
  }

  async #pathOf(
    wrapped: WrappedPackage,
    command: string,
    cwd: string | undefined,
    env: Record<string, string>,
    cancellation: Cancellation,
  ): Promise<string> {
    const { installer, specs, program, python, isLatest } = wrapped;
    const there = installer === "npm" && !isLatest ? await findNpm(wrapped, cwd, env) : undefined;
    if (there !== undefined) return there;
    const run = (tool: string, toolArgs: readonly string[], folder: string) =>
      runTool({ command: tool, args: toolArgs, env, cwd: folder }, this.#settings.children, cancellation);
    const uv = command.replace(/uvx$/, "uv");
    const install = (folder: string) =>
      this.#turns.run(() =>
        installer === "npm" ? installNpm(wrapped, folder, run) : installUv(wrapped, folder, run, uv),
      );
    return await this.#packages.programOf({ identity: [installer, specs, program, python], isLatest, install });
  }
}
