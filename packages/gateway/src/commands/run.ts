import { Command as Parser, CommanderError } from "commander";
import { VERSION } from "../version.ts";
import { CommandError } from "./command-error.ts";
import type { Io } from "./command.ts";
import { commands } from "./index.ts";
import { SettingsError } from "./settings-error.ts";

/** Runs the command that `args` names. @returns the exit code: 0 done, 1 failed, 2 wrong usage */
export async function runCommand(args: readonly string[], io: Io): Promise<number> {
  let code = 0;
  const program = new Parser("shardgate").description("One address for every MCP tool in a homelab").version(VERSION);
  program
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.write(text), writeErr: (text) => io.writeError(text) });
  for (const command of commands) {
    const parser = program.command(command.name).description(command.summary).exitOverride();
    if (command.helpFlags !== undefined) parser.helpOption(command.helpFlags);
    for (const { flags, description, isRepeatable } of command.options) {
      if (isRepeatable === true) parser.option(flags, description, collect, []);
      else parser.option(flags, description);
    }
    for (const { name, description } of command.arguments) parser.argument(name, description);
    parser.action(async () => {
      code = await command.run(parser.args, parser.opts(), io);
    });
  }
  try {
    await program.parseAsync([...args], { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (!(error instanceof SettingsError || error instanceof CommandError)) throw error;
    io.writeError(`${error.message}\n`);
    return error instanceof SettingsError ? 2 : 1;
  }
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}
