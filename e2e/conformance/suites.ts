// The official conformance suites as they are published, one run after another, read from the files that they write.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A suite, and how much of it is run. */
export interface Suite {
  readonly id: string;
  /** Era that it speaks. */
  readonly era: "legacy" | "modern";
  readonly program: string;
  readonly args: readonly string[];
}

const program = (name: string): string => createRequire(import.meta.url).resolve(`${name}/dist/index.js`);

export const suites: readonly Suite[] = [
  { id: "0.1.16, all", era: "legacy", program: program("conformance-0.1"), args: ["--suite", "all"] },
  {
    id: "0.2.0-alpha.12, 2025-11-25",
    era: "legacy",
    program: program("conformance-0.2"),
    args: ["--requirements", "2025-11-25"],
  },
  {
    id: "0.2.0-alpha.12, 2026-07-28",
    era: "modern",
    program: program("conformance-0.2"),
    args: ["--requirements", "2026-07-28"],
  },
];

export type Status = "SUCCESS" | "FAILURE" | "WARNING" | "SKIPPED" | "INFO";

export interface Check {
  readonly id: string;
  readonly status: Status;
  readonly errorMessage?: string;
}

/** Checks by scenario. */
export type Outcome = ReadonlyMap<string, readonly Check[]>;

const PATIENCE_MS = 100_000;

/** Runs a suite against a server. @throws Error with its last words when it wrote no result */
export function runAgainstServer({ program: file, args }: Suite, url: string): Promise<Outcome> {
  return run(file, ["server", "--url", url, ...args]);
}

/**
 * Runs a scenario against a client.
 *
 * @param command gets the address of a server as its last argument
 * @param revision what the client is to speak; the suite's own choice where it knows only one
 */
export function runAgainstClient(file: string, command: string, scenario: string, revision?: string): Promise<Outcome> {
  const version = revision === undefined ? [] : ["--spec-version", revision];
  return run(file, ["client", "--command", command, "--scenario", scenario, ...version]);
}

async function run(file: string, args: readonly string[]): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), "conformance-"));
  try {
    const child = spawn(process.execPath, [file, ...args, "-o", folder], {
      stdio: ["ignore", "pipe", "pipe"],
      timeout: PATIENCE_MS,
      killSignal: "SIGKILL",
    });
    const said: string[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => said.push(String(chunk)));
    const [code] = (await once(child, "close")) as [number | null];
    const outcome = read(folder);
    // It ends with 1 where a check failed, which is a result.
    if (outcome.size === 0 || code === null) throw new Error(`${args.join(" ")}: ${said.join("").slice(-2000)}`);
    return outcome;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Folders are called `server-<scenario>-<time>`, and those of scenarios with a group hold folders. */
function read(folder: string): Outcome {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) =>
    path.endsWith("checks.json"),
  );
  return new Map(
    files.toSorted().map((path) => {
      const scenario = path.replace(/^(server|client)-/, "").replace(/-\d{4}-\d\d-\d\dT[^/]*\/checks\.json$/, "");
      const checks = JSON.parse(readFileSync(join(folder, path), "utf8")) as readonly Check[];
      return [scenario, checks];
    }),
  );
}

/** Scenarios that a revision requires, as the suite's own list has them. */
export function requiredScenarios(side: "server" | "client", revision: "2025-11-25" | "2026-07-28"): readonly string[] {
  const file = join(program("conformance-0.2"), "../../requirements", `${revision}.yaml`);
  const section = new RegExp(`^${side}:\\n((?: +- .*\\n)+)`, "m").exec(readFileSync(file, "utf8"))?.[1];
  return [...(section ?? "").matchAll(/- (\S+)/g)].map(([, scenario]) => scenario as string);
}
