import { loadConfig, type LoadedConfig } from "../../config/load.ts";
import { fetchHealth, GatewayClient } from "../client/gateway-client.ts";
import { readTarget, TARGET_OPTIONS } from "../client/target.ts";
import type { Command, Io, OptionValues } from "../command.ts";
import { CommandError } from "../command-error.ts";
import { paint } from "../terminal.ts";
import { checks } from "./checks/index.ts";
import type { Patient } from "./finding.ts";

const MARKS = { ok: ["green", "ok  "], warning: ["yellow", "WARN"], error: ["red", "FAIL"] } as const;

export const doctor: Command = {
  name: "doctor",
  summary: "look at everything that can be wrong, each finding with its remedy",
  options: [
    { flags: "-c, --config <file>", description: "configuration to look at (GATEWAY_CONFIG)" },
    ...TARGET_OPTIONS,
    { flags: "--json", description: "{ok, findings}" },
  ],
  arguments: [],
  async run(_, options, io) {
    const patient = await examine(options, io);
    const findings = [];
    for (const { name, run } of checks) {
      for (const finding of await run(patient)) findings.push({ check: name, ...finding });
    }
    const ok = findings.every(({ level }) => level !== "error");
    if (options["json"] === true) {
      io.write(`${JSON.stringify({ ok, findings }, undefined, 2)}\n`);
      return ok ? 0 : 1;
    }
    const color = paint(io);
    for (const { check, level, what, remedy } of findings) {
      const [style, mark] = MARKS[level];
      io.write(`${color(style, mark)} ${check}: ${what}\n`);
      if (remedy !== undefined) io.write(`     → ${remedy}\n`);
    }
    return ok ? 0 : 1;
  },
};

async function examine(options: OptionValues, io: Io): Promise<Patient> {
  const file = (options["config"] as string | undefined) ?? io.env["GATEWAY_CONFIG"];
  const loaded = file === undefined || file === "" ? undefined : await loadConfig([file], { env: io.env });
  const { host, port } = address(loaded, io);
  const asked = options["url"] ?? io.env["GATEWAY_URL"];
  const url = asked ?? `http://${host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host}:${port}`;
  return { io, loaded, host, port, running: await askGateway({ ...options, url }, io, asked !== undefined) };
}

function address(loaded: LoadedConfig | undefined, { env }: Io): { host: string; port: number } {
  const { host = "127.0.0.1", port = 9100 } = loaded?.config?.listen ?? {};
  return { host: env["HOST"] ?? host, port: Number(env["PORT"] ?? port) };
}

/** What a gateway says of itself; that none runs where nobody said that one does is no fault. */
async function askGateway(options: OptionValues, io: Io, mustRun: boolean): Promise<Patient["running"]> {
  const target = readTarget(options, io);
  try {
    const status = await fetchHealth(target, io);
    const client = await GatewayClient.connect(target, io);
    return { status, tools: await client.listTools().finally(() => client.close()) };
  } catch (error) {
    if (mustRun || !(error instanceof CommandError)) throw error;
    return undefined;
  }
}
