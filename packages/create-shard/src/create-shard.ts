import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { complete } from "./ask.ts";
import { HOUSE_PORTS, portProblem, variableOf } from "./checks.ts";
import { withService } from "./compose-file.ts";
import { UsageError, type Io } from "./io.ts";
import { HELP, readOptions, type Options } from "./options.ts";
import { draftTools } from "./openapi/draft-tools.ts";
import { readDocument } from "./openapi/read-document.ts";
import type { Names } from "./rename.ts";
import { checkFree, filesOf, writeFiles, type Files } from "./scaffold.ts";
import { finishStandAlone, takeSdkAlong } from "./stand-alone.ts";

const FIRST_PORT = 9104;

/**
 * Makes a shard from the template: options, then questions for what is missing, then files, then what to do next.
 *
 * @returns exit code: 0 made, 1 failed, 2 something given is wrong (nothing was written)
 */
export async function createShard(args: readonly string[], io: Io): Promise<number> {
  try {
    const options = readOptions(args);
    if (options.help) {
      io.write(HELP);
      return 0;
    }
    return await make(options, io);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    io.writeError(`${error.message}\n`);
    return 2;
  }
}

async function make(options: Options, io: Io): Promise<number> {
  // 1. Where to, and what is taken there.
  const repository = options.standAlone ? undefined : io.repository;
  const ports = repository === undefined ? new Map<string, number>() : shardPorts(repository);
  const answers = await complete(options, [...ports.keys()], io);
  const { name } = answers;
  const folder = options.folder ? resolve(io.cwd, options.folder) : usualFolder(name, repository, io.cwd);
  checkFree(folder);

  // 2. What it is called.
  const port = portOf(options.port, new Set(ports.values()));
  const names: Names = { ...answers, variable: variableOf(name), port };

  // 3. Its files, all of them in hand before one is written.
  const files = filesOf(io.templateDir, names, { standAlone: repository === undefined });
  if (options.openapi !== undefined) await addDrafts(files, options.openapi, names, io);
  const compose = repository === undefined ? undefined : join(repository, "compose.yaml");
  const composed = compose === undefined ? undefined : withService(readFileSync(compose, "utf8"), names);
  writeFiles(folder, files);
  if (compose !== undefined && composed !== undefined) {
    writeFileSync(compose, composed);
    appendFileSync(join(compose, "../.env.example"), settingsOf(names));
  }

  // 4. What a project of its own needs besides.
  if (repository === undefined) {
    takeSdkAlong(folder, io);
    const code = finishStandAlone(folder, options, io);
    if (code !== 0) return code;
  }
  io.write(nextSteps(names, folder, repository));
  return 0;
}

/** What `.env.example` says of the shard's service in compose.yaml. */
const settingsOf = ({ name, title, variable, url }: Names): string =>
  `\n# --- Shard ${name}: where ${title} answers, and what it is sent as a bearer token ---\n#${variable}_URL=${url}\n#${variable}_TOKEN=\n`;

const usualFolder = (name: string, repository: string | undefined, cwd: string): string =>
  repository === undefined ? join(cwd, `${name}-shard`) : join(repository, "shards", name);

/** The shards of the repository and the ports they listen on (0 where a file does not say). */
function shardPorts(repository: string): ReadonlyMap<string, number> {
  const shards = join(repository, "shards");
  return new Map(
    readdirSync(shards).map((name) => {
      const file = join(shards, name, "src/shard.ts");
      const source = existsSync(file) ? readFileSync(file, "utf8") : "";
      return [name, Number(/defaultPort: (\d+)/.exec(source)?.[1] ?? 0)];
    }),
  );
}

function portOf(given: string | undefined, taken: ReadonlySet<number>): number {
  const problem = given === undefined ? undefined : portProblem(given, taken);
  if (problem !== undefined) throw new UsageError(problem);
  if (given !== undefined) return Number(given);
  let port = FIRST_PORT;
  while (taken.has(port) || HOUSE_PORTS.has(port)) port += 1;
  return port;
}

async function addDrafts(files: Files, source: string, names: Names, io: Io): Promise<void> {
  const drafts = draftTools(await readDocument(source, io), names);
  for (const [path, text] of drafts.files) files.set(path, text);
  for (const line of drafts.leftOut) io.writeError(`Left out: ${line}\n`);
}

function nextSteps({ name, port, title }: Names, folder: string, repository: string | undefined): string {
  const commands =
    repository === undefined
      ? [
          [`cd ${folder}`, "types, lint and tests: npm run check && npm test"],
          ["npm start", `listens on port ${port}`],
          [`curl -s localhost:${port}/health`, `whether it reaches ${title}`],
        ]
      : [
          [`npm run shard -- ${name}`, `listens on port ${port}`],
          [`curl -s localhost:${port}/health`, `whether it reaches ${title}`],
          [`npm test -- shards/${name}`, "its tests"],
        ];
  const width = Math.max(...commands.map(([command = ""]) => command.length));
  const lines = commands.map(([command = "", what = ""]) => `  ${command.padEnd(width)}   # ${what}`);
  return `\nThe shard ${name} is in ${folder}. Next:\n\n${lines.join("\n")}\n\n`;
}
