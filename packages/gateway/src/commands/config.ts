import { randomBytes } from "node:crypto";
import { realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { loadConfig } from "../config/load.ts";
import { DEFAULT_CONFIG } from "../config/schema.ts";
import { type Generation, GenerationStore } from "../reload/generations.ts";
import { CommandError } from "./command-error.ts";
import type { Command, Io, OptionValues } from "./command.ts";
import { SettingsError } from "./settings-error.ts";
import { CONFIG_OPTION, configPaths, stateDirOf } from "./settings.ts";

const ACTIONS = ["history", "show", "rollback"];

export const config: Command = {
  name: "config",
  summary: "show the configurations that were in force, or bring one of them back",
  options: [CONFIG_OPTION, { flags: "--json", description: "the answer as JSON" }],
  arguments: [
    { name: "<action>", description: "history: the last twenty; show: the files of one; rollback: write them back" },
    { name: "[generation]", description: "number in the history; rollback takes the one before the last without it" },
  ],
  async run([action = "", given], options, io) {
    if (!ACTIONS.includes(action)) throw new SettingsError(`config ${action}: choose one of ${ACTIONS.join(", ")}`);
    const generations = await readGenerations(options, io);
    if (action === "history") return showHistory(generations, options, io);
    const chosen = choose(generations, given, action === "rollback" ? 2 : 1);
    if (action === "show") return show(chosen, options, io);
    for (const { path, text } of chosen.files) await replaceFile(path, text);
    const files = chosen.files.map(({ path }) => path);
    if (options["json"] === true) io.write(`${JSON.stringify({ generation: chosen.number, files })}\n`);
    else
      io.write(`Generation ${chosen.number} is written back to ${files.join(", ")}; a running gateway takes it up.\n`);
    return 0;
  },
};

async function readGenerations(options: OptionValues, io: Io): Promise<Generation[]> {
  const paths = configPaths(options, io);
  if (paths.length === 0) throw new SettingsError("Name the configuration with --config or GATEWAY_CONFIG");
  // Wherever the file in force says; a file that is broken now says nothing.
  const { config: current = DEFAULT_CONFIG } = await loadConfig(paths, { env: io.env });
  const stateDir = stateDirOf(current, io);
  if (stateDir === undefined) throw new SettingsError("No history is kept without STATE_DIR, state_dir or HOME");
  const store = new GenerationStore(stateDir, paths);
  const generations = await store.list();
  if (generations.length > 0) return generations;
  throw new CommandError(
    `No configuration of ${paths.join(", ")} is kept in ${store.folder}; a gateway keeps them while it runs`,
  );
}

function choose(generations: readonly Generation[], given: string | undefined, fromEnd: number): Generation {
  const chosen =
    given === undefined ? generations.at(-fromEnd) : generations.find(({ number }) => String(number) === given);
  if (chosen !== undefined) return chosen;
  const known = generations.map(({ number }) => number).join(", ");
  throw new CommandError(`There is no generation ${given ?? "before the last"}; kept are ${known}`);
}

function showHistory(generations: readonly Generation[], options: OptionValues, io: Io): number {
  if (options["json"] === true) {
    const entries = generations.map(({ number, time, actor, fingerprint, files }) => ({
      generation: number,
      time,
      actor,
      sha256: fingerprint,
      files: files.map(({ path }) => path),
    }));
    io.write(`${JSON.stringify(entries, undefined, 2)}\n`);
    return 0;
  }
  for (const { number, time, actor, files, fingerprint } of generations) {
    const paths = files.map(({ path }) => path).join(", ");
    io.write(`${String(number).padStart(4)}  ${time}  ${actor.padEnd(6)}  ${fingerprint.slice(0, 8)}  ${paths}\n`);
  }
  return 0;
}

function show({ number, files }: Generation, options: OptionValues, io: Io): number {
  if (options["json"] === true) io.write(`${JSON.stringify({ generation: number, files }, undefined, 2)}\n`);
  else for (const { path, text } of files) io.write(`# ${path}\n${text}${text.endsWith("\n") ? "" : "\n"}`);
  return 0;
}

/** Replaces a file as a whole, with the rights it has; a link stays one and what it leads to is replaced. */
async function replaceFile(path: string, text: string): Promise<void> {
  try {
    const target = await realpath(path).catch(() => path);
    const mode = await stat(target).then(
      (found) => found.mode & 0o777,
      () => 0o600,
    );
    const temporary = `${target}.${randomBytes(4).toString("hex")}.new`;
    await writeFile(temporary, text, { mode });
    // A file that is mounted by itself cannot be replaced, only written.
    await rename(temporary, target).catch(async () => {
      await rm(temporary, { force: true });
      await writeFile(target, text);
    });
  } catch (error) {
    throw new CommandError(`${path} cannot be written: ${(error as Error).message}`, { cause: error });
  }
}
