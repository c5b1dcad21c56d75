import { setTimeout as sleep } from "node:timers/promises";
import { DEFAULT_CONFIG } from "../config/schema.ts";
import { CALLBACK_PATH } from "../oauth/login-endpoints.ts";
import { AGREE_MS } from "../oauth/sign-in.ts";
import type { UpstreamReport } from "../registry/report.ts";
import { readOwnAdminToken } from "../access/own-admin-token.ts";
import { fetchHealth } from "./client/gateway-client.ts";
import { readTarget, type Target, TARGET_OPTIONS } from "./client/target.ts";
import { CommandError } from "./command-error.ts";
import type { Command, Io, OptionValues } from "./command.ts";
import { stateDirOf } from "./settings.ts";

const POLL_MS = 500;
/** How long an upstream may take to be reached once somebody signed in, in milliseconds. */
const REACHED_MS = 15_000;
/** Nothing that a browser comes back with is longer. */
const MAX_PASTED = 64 * 1024;

export const login: Command = {
  name: "login",
  summary: "sign the gateway in at an upstream that wants a person to (oauth)",
  options: [
    ...TARGET_OPTIONS.filter(({ flags }) => !flags.startsWith("--profile")),
    { flags: "--admin-token <token>", description: "of the gateway (ADMIN_TOKEN; default: what lies in STATE_DIR)" },
    { flags: "--callback <url>", description: `where the browser finds ${CALLBACK_PATH}, if not at --url` },
  ],
  arguments: [{ name: "<upstream>", description: "its name, as `shardgate list` shows it" }],
  async run([name = ""], options, io) {
    const target = readTarget(options, io);
    const before = (await reportOf(name, target, io))?.signed_in;
    const page = await begin(name, target, options, io);
    io.write(`Open this page and agree; the browser then comes back to the gateway:\n\n  ${page}\n\n`);
    if (io.isTerminal) io.write("Where it ends at an address that does not open, paste that address here.\n");
    takePasted(target, io).catch((error: Error) => io.writeError(`${error.message}\n`));
    const signedIn = await until(AGREE_MS, io, async () => {
      const report = await reportOf(name, target, io);
      return report?.signed_in === undefined || report.signed_in === before ? undefined : report;
    });
    if (signedIn === undefined) throw new CommandError(`Nobody agreed within ${AGREE_MS / 60_000} minutes.`);
    const reached = await until(REACHED_MS, io, async () => {
      const report = await reportOf(name, target, io);
      return report?.state === "up" ? report : undefined;
    });
    if (reached !== undefined) {
      io.write(`Signed in to ${name}: ${reached.tools} tools.\n`);
      return 0;
    }
    const { state, error } = (await reportOf(name, target, io)) ?? signedIn;
    throw new CommandError(`Signed in to ${name}, but it is ${state}${error === undefined ? "" : `: ${error}`}`);
  },
};

async function begin(name: string, target: Target, options: OptionValues, io: Io): Promise<string> {
  const url = new URL("/admin/login", target.url);
  url.searchParams.set("upstream", name);
  // The gateway may be known to itself by another address than to whoever asks.
  const callback = (options["callback"] as string | undefined) ?? new URL(CALLBACK_PATH, target.url).href;
  url.searchParams.set("callback", callback);
  const token = await adminToken(options, io);
  const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  const answer = await io.fetch(new Request(url, { method: "POST", headers, signal: io.signal }));
  const said = (await answer.json().catch(() => ({}))) as { page?: string; error?: string };
  if (said.page !== undefined) return said.page;
  const hint =
    answer.status === 401
      ? "; run this where the gateway runs, as who runs it, or give --admin-token (ADMIN_TOKEN)"
      : "";
  throw new CommandError(`${said.error ?? `The gateway answered with HTTP ${answer.status}`}${hint}`);
}

async function adminToken(options: OptionValues, io: Io): Promise<string | undefined> {
  const given = (options["adminToken"] as string | undefined) ?? io.env["ADMIN_TOKEN"];
  if (given !== undefined && given !== "") return given;
  const stateDir = stateDirOf(DEFAULT_CONFIG, io);
  return stateDir === undefined ? undefined : await readOwnAdminToken(stateDir);
}

async function reportOf(name: string, target: Target, io: Io): Promise<UpstreamReport | undefined> {
  return (await fetchHealth(target, io)).upstreams.find((one) => one.name === name);
}

/** Asks again and again until there is something; undefined where there is nothing within `ms`. */
async function until<T>(ms: number, io: Io, look: () => Promise<T | undefined>): Promise<T | undefined> {
  const end = performance.now() + ms;
  for (;;) {
    const found = await look();
    if (found !== undefined || performance.now() > end) return found;
    await sleep(POLL_MS, undefined, { signal: io.signal }).catch(() => {
      throw new CommandError("interrupted");
    });
  }
}

/** Where the browser could not come back to the gateway, a person brings what it came back with. */
async function takePasted(target: Target, io: Io): Promise<void> {
  let text = "";
  for await (const chunk of io.inputChunks()) {
    text = (text + chunk.toString()).slice(-MAX_PASTED);
    const lines = text.split("\n");
    text = lines.pop() as string;
    for (const line of lines) await bringBack(line.trim(), target, io);
  }
}

async function bringBack(line: string, target: Target, io: Io): Promise<void> {
  const pasted = URL.parse(line);
  if (pasted?.searchParams.has("state") !== true) {
    if (line !== "") io.writeError("That is not an address that a browser came back with.\n");
    return;
  }
  const url = new URL(CALLBACK_PATH + pasted.search, target.url);
  const answer = await io.fetch(new Request(url, { headers: { Accept: "application/json" } }));
  const { error } = (await answer.json().catch(() => ({}))) as { error?: string };
  if (error !== undefined) io.writeError(`Not signed in: ${error}\n`);
}
