import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { delimiter, isAbsolute, join } from "node:path";
import type { Check, Finding } from "../finding.ts";

const HINTS: Readonly<Record<string, string>> = {
  npx: "install Node.js with npm",
  uvx: "install uv (https://docs.astral.sh/uv), or `pip install uv`",
  docker: "install Docker, or run that server in another way",
};

export const commandsCheck: Check = {
  name: "commands",
  async run({ io, loaded }) {
    const wanted = new Map<string, string[]>();
    for (const { name, id, options } of loaded?.config?.upstreams ?? []) {
      if (options.kind !== "stdio" || !options.enabled) continue;
      const command =
        isAbsolute(options.command) || !options.command.includes("/")
          ? options.command
          : join(options.cwd ?? ".", options.command);
      wanted.set(command, [...(wanted.get(command) ?? []), name ?? id]);
    }
    const findings: Finding[] = [];
    for (const [command, names] of wanted) {
      if (await exists(command, io.env["PATH"] ?? "")) continue;
      findings.push({
        level: "error",
        what: `the program ${command} of ${names.join(", ")} is not there`,
        remedy: HINTS[command] ?? "install it, or give `command` its full path",
      });
    }
    return findings.length > 0
      ? findings
      : [{ level: "ok", what: `${wanted.size} programs of stdio upstreams are there` }];
  },
};

async function exists(command: string, path: string): Promise<boolean> {
  const candidates = command.includes("/") ? [command] : path.split(delimiter).map((folder) => join(folder, command));
  for (const candidate of candidates) {
    try {
      await access(candidate, constants.X_OK);
      return true;
    } catch {
      // The next folder may have it.
    }
  }
  return false;
}
