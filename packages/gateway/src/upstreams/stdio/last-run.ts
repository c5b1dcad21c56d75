import { createHash } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Era, ListedItem, Lists, ServerDescription } from "@shardgate/mcp-wire";
import * as z from "zod";

/** What a program said of itself when it last ran. */
export interface LastRun {
  readonly era: Era;
  readonly description: ServerDescription;
  readonly lists: Lists;
  /** When, in milliseconds since 1970. */
  readonly at: number;
}

const bytes = z.string().transform((text) => Buffer.from(text));
const items = z.array(z.object({ key: z.string(), bytes }));
const schema = z.object({
  format: z.literal(2),
  at: z.number(),
  era: z.enum(["legacy", "modern"]),
  description: z.object({
    serverInfo: z.string(),
    capabilities: z.string(),
    instructions: z
      .string()
      .optional()
      .transform((text) => text),
  }),
  lists: z.object({
    tools: z.array(z.object({ name: z.string(), modern: bytes, legacy: bytes })),
    prompts: items,
    resources: items,
    templates: items,
  }),
});

/** Keeps what programs said, one small file each, so that their lists are there before they have started. */
export class LastRuns {
  readonly #folder: string;

  constructor(stateDir: string) {
    this.#folder = join(stateDir, "programs");
  }

  /** @returns undefined where nothing is kept that can be read */
  async read(key: string): Promise<LastRun | undefined> {
    try {
      const kept = schema.parse(JSON.parse(await readFile(join(this.#folder, `${key}.json`), "utf8")));
      const { serverInfo, capabilities, instructions } = kept.description;
      return { ...kept, description: { serverInfo, capabilities, instructions } };
    } catch {
      // Not there, or of another version: the program will say it again.
      return undefined;
    }
  }

  /** @throws Error where it cannot be written */
  async write(key: string, { era, description, lists, at }: LastRun): Promise<void> {
    const path = join(this.#folder, `${key}.json`);
    const listed = {
      tools: lists.tools.map(({ name, modern, legacy }) => {
        return { name, modern: modern.toString(), legacy: legacy.toString() };
      }),
      prompts: lists.prompts.map(asText),
      resources: lists.resources.map(asText),
      templates: lists.templates.map(asText),
    };
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    await writeFile(`${path}.new`, JSON.stringify({ format: 2, at, era, description, lists: listed }), { mode: 0o600 });
    await rename(`${path}.new`, path);
  }
}

function asText({ key, bytes: item }: ListedItem): { key: string; bytes: string } {
  return { key, bytes: item.toString() };
}

/** Names a program by what is started; holds nothing of its environment but the names. */
export function keyOf(command: string, args: readonly string[], env: object, cwd: string | undefined): string {
  const identity = JSON.stringify([command, args, Object.keys(env).toSorted(), cwd ?? ""]);
  return createHash("sha256").update(identity).digest("hex").slice(0, 24);
}
