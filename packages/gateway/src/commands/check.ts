import { renderDiagnostic } from "../config/diagnostics.ts";
import { loadConfig } from "../config/load.ts";
import type { UpstreamDefinition } from "../upstreams/index.ts";
import type { Command, Io } from "./command.ts";
import { SettingsError } from "./settings-error.ts";
import { probeUpstream, type Probe } from "./probe-upstream.ts";
import { paint } from "./terminal.ts";

/** Upstreams that are tried at once. */
const AT_ONCE = 4;

export const check: Command = {
  name: "check",
  summary: "find everything that is wrong with a configuration, without running it",
  options: [
    { flags: "-c, --config <file>", description: "file to check (GATEWAY_CONFIG)" },
    { flags: "--connect", description: "try to reach each upstream too" },
    { flags: "--json", description: "{ok, files, diagnostics, upstreams}" },
  ],
  arguments: [{ name: "[files...]", description: "further files of any form, checked together with it" }],
  async run(args, options, io) {
    const named =
      (options["config"] as string | undefined) ?? (args.length === 0 ? io.env["GATEWAY_CONFIG"] : undefined);
    const files = [...(named === undefined || named === "" ? [] : [named]), ...args];
    if (files.length === 0) throw new SettingsError("Name a file to check: shardgate check gateway.yaml");
    const loaded = await loadConfig(files, { env: io.env });
    const definitions = loaded.config?.upstreams ?? [];
    const probes = options["connect"] === true ? await probeAll(definitions, io) : [];
    const ok = loaded.config !== undefined && probes.every(({ error }) => error === undefined);
    if (options["json"] === true) {
      const upstreams = definitions.map(({ name, options: { kind, enabled } }) => ({
        name,
        kind,
        enabled,
        ...probes.find((probe) => probe.name === name),
      }));
      const { diagnostics } = loaded;
      io.write(`${JSON.stringify({ ok, files: loaded.files, diagnostics, upstreams }, undefined, 2)}\n`);
      return ok ? 0 : 1;
    }
    const color = paint(io);
    for (const diagnostic of loaded.diagnostics) io.write(`${renderDiagnostic(diagnostic)}\n\n`);
    for (const { name, tools, ms, error } of probes) {
      if (error === undefined) io.write(`${color("green", "ok  ")} ${name}: ${tools} tools, after ${ms} ms\n`);
      else io.write(`${color("red", "FAIL")} ${name}: ${error}\n`);
    }
    const count = (severity: string): number => loaded.diagnostics.filter((one) => one.severity === severity).length;
    const said = [
      plural(definitions.length, "upstream"),
      plural(count("error"), "error"),
      plural(count("warning"), "warning"),
    ];
    io.write(`${plural(loaded.files.length, "file")}: ${said.join(", ")}\n`);
    return ok ? 0 : 1;
  },
};

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}

async function probeAll(definitions: readonly UpstreamDefinition[], io: Io): Promise<readonly Probe[]> {
  const waiting = definitions.filter(({ options }) => options.enabled);
  const probes: Probe[] = [];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
      probes.push(await probeUpstream(next, io));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return probes.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
