import { resolve as resolvePath } from "node:path";
import { ConfigError, type Diagnostic, renderDiagnostic } from "../config/diagnostics.ts";
import { importForeign } from "../config/import-foreign.ts";
import { readConfigFile } from "../config/read-file.ts";
import { CommandError } from "./command-error.ts";
import type { Command } from "./command.ts";

export const importCommand: Command = {
  name: "import",
  summary: "turn a configuration of mcpo, Claude, Cursor, VS Code, LobeChat or MCProxy into gateway.yaml",
  options: [{ flags: "-o, --output <file>", description: "file to write, which must not exist; default: the output" }],
  arguments: [{ name: "<file>", description: "file to read; it is not changed" }],
  async run([file = ""], options, io) {
    const content = await readConfigFile(resolvePath(file));
    if ("problem" in content) throw new CommandError(`${file} ${content.problem}`);
    const diagnostics: Diagnostic[] = [];
    const yaml = importForeign(file, content.text, diagnostics);
    for (const one of diagnostics) if (one.severity === "warning") io.writeError(`${renderDiagnostic(one)}\n\n`);
    if (yaml === undefined) throw new CommandError(new ConfigError(diagnostics).message);
    const output = options["output"] as string | undefined;
    if (output === undefined) {
      io.write(yaml);
      return 0;
    }
    try {
      await io.createFile(output, yaml);
    } catch (error) {
      const { code, message } = error as Error & { code?: string };
      throw new CommandError(
        code === "EEXIST"
          ? `${output} exists already, and is left as it is`
          : `${output} cannot be written (${code ?? message})`,
      );
    }
    io.writeError(`${output} is written; look at it with: shardgate check ${output}\n`);
    return 0;
  },
};
