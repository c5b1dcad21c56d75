import { parseArgs } from "node:util";
import { UsageError } from "./io.ts";

/** What the command line says; what is missing is asked for. */
export interface Options {
  readonly name?: string;
  readonly title?: string;
  readonly url?: string;
  readonly port?: string;
  readonly folder?: string;
  readonly openapi?: string;
  readonly standAlone: boolean;
  readonly yes: boolean;
  readonly install: boolean;
  readonly git: boolean;
  readonly help: boolean;
}

export const HELP = `Makes a new shard.

Usage: npm run new-shard -- <name> [options]

  <name>                 1 to 16 of a-z, 0-9 and -; what stands before its tools' names
  --title <text>         what people call the service
  --url <address>        where its API answers; a setting, this is its default
  --port <number>        where the shard listens; the next free one from 9104 on
  --from-openapi <file>  drafts a tool for each operation of this OpenAPI document (a file or an address)
  --stand-alone          a project of its own, with its own git repository and lockfile
  --folder <path>        where to; default shards/<name>, or ./<name>-shard with --stand-alone
  --yes                  asks nothing
  --no-install           leaves dependencies alone
  --no-git               no git repository
`;

/** @throws UsageError */
export function readOptions(args: readonly string[]): Options {
  const text = { type: "string" } as const;
  const flag = { type: "boolean", default: false } as const;
  const options = {
    title: text,
    url: text,
    port: text,
    folder: text,
    "from-openapi": text,
    "stand-alone": flag,
    yes: { ...flag, short: "y" },
    help: { ...flag, short: "h" },
    install: { type: "boolean", default: true },
    git: { type: "boolean", default: true },
  } as const;
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options,
      allowPositionals: true,
      allowNegative: true,
    });
    const { "from-openapi": openapi, "stand-alone": standAlone, title, url, port, folder, ...flags } = values;
    const [name, ...more] = positionals;
    if (more.length > 0)
      throw new UsageError(
        `One name, please: ${positionals.join(", ")} are ${positionals.length}. A title goes to --title.`,
      );
    const given = { name, title, url, port, folder, openapi };
    return {
      ...flags,
      standAlone,
      ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
    };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${(error as Error).message} (--help lists what there is)`);
  }
}
