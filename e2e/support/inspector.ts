// The MCP Inspector's command line as a client. It weighs 110 MB, so it is fetched when first needed and kept outside the clone.
import { execFile, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";

const VERSION = "2.12.0";
const PACKAGE = `@modelcontextprotocol/inspector@${VERSION}`;
const INSTALL_PATIENCE = 150_000;
const RUN_PATIENCE = 40_000;

/** What a run of the Inspector came to. */
export interface InspectorRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Where the Inspector's program is, installed if need be. Environment: SHARDGATE_CACHE as for the real Traefik.
 *
 * @returns its path, or why there is none
 */
export function findInspector(): string | { readonly missing: string } {
  const base = process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  const folder = join(process.env["SHARDGATE_CACHE"] || join(base, "shardgate"), `inspector-${VERSION}`);
  const program = join(folder, "node_modules/.bin/mcp-inspector");
  if (existsSync(program)) return program;
  process.stderr.write(`Installing ${PACKAGE} into ${folder} (110 MB, this once).\n`);
  mkdirSync(dirname(folder), { recursive: true });
  // Beside its place and moved there when whole: a run that is broken off leaves nothing half.
  const scratch = mkdtempSync(`${folder}.`);
  const args = [
    "install",
    "--prefix",
    scratch,
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
    "--fetch-retries=1",
    PACKAGE,
  ];
  const done = spawnSync("npm", args, { encoding: "utf8", timeout: INSTALL_PATIENCE });
  try {
    if (done.status !== 0) return { missing: `npm cannot install ${PACKAGE}: ${done.error?.message ?? done.stderr}` };
    if (!existsSync(folder)) renameSync(scratch, folder);
    return program;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Runs one request at an address, as a client of an era. */
export async function inspect(
  program: string,
  { url, era, args }: { url: string; era: "legacy" | "modern"; args: readonly string[] },
): Promise<InspectorRun> {
  // It keeps settings in the home folder; only a file of ours may tell it the era.
  const home = mkdtempSync(join(tmpdir(), "inspector-"));
  const config = join(home, "mcp.json");
  writeFileSync(config, JSON.stringify({ mcpServers: { it: { type: "streamable-http", url, protocolEra: era } } }));
  const all = [
    program,
    "--cli",
    "--config",
    config,
    "--server",
    "it",
    "--stored-auth-only",
    "--format",
    "json",
    ...args,
  ];
  const options = { cwd: home, env: { PATH: process.env["PATH"], HOME: home }, timeout: RUN_PATIENCE };
  try {
    return await new Promise((resolve) => {
      const child = execFile(process.execPath, all, options, (_, stdout, stderr) =>
        resolve({ code: child.exitCode ?? -1, stdout, stderr }),
      );
    });
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}
