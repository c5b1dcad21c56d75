import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Who made a configuration the one in force. */
export type Actor = "start" | "file" | "signal" | "admin";

/** One configuration that was in force, with the text of its files as it was. */
export interface Generation {
  readonly number: number;
  /** ISO 8601. */
  readonly time: string;
  readonly actor: Actor;
  /** Of everything it was read from, secrets and `.env` too, of which the hash is all that is kept. */
  readonly fingerprint: string;
  readonly files: readonly { readonly path: string; readonly text: string }[];
}

const KEPT = 20;

/** The last twenty configurations, one file each, in a folder that nobody else may read: files of others hold their tokens in clear. */
export class GenerationStore {
  readonly folder: string;

  /** @param paths the configuration files; each set of them has a history of its own */
  constructor(stateDir: string, paths: readonly string[]) {
    const key = createHash("sha256").update(paths.join("\0")).digest("hex").slice(0, 12);
    this.folder = join(stateDir, "generations", key);
  }

  /** The oldest first; what cannot be read is left out. */
  async list(): Promise<Generation[]> {
    const names = await readdir(this.folder).catch(() => []);
    const texts = await Promise.all(
      names
        .filter((name) => /^\d+\.json$/.test(name))
        .map((name) => readFile(join(this.folder, name), "utf8").catch(() => "")),
    );
    return texts.flatMap((text) => parse(text) ?? []).toSorted((a, b) => a.number - b.number);
  }

  /** @throws Error with `code` where the folder cannot be written */
  async add(generation: Generation): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const file = join(this.folder, `${String(generation.number).padStart(8, "0")}.json`);
    await writeFile(`${file}.new`, JSON.stringify(generation), { mode: 0o600 });
    await rename(`${file}.new`, file);
    const names = (await readdir(this.folder)).filter((name) => /^\d+\.json$/.test(name)).toSorted();
    for (const name of names.slice(0, -KEPT)) await rm(join(this.folder, name), { force: true });
  }
}

function parse(text: string): Generation | undefined {
  try {
    const value = JSON.parse(text) as Generation;
    return Number.isInteger(value.number) && Array.isArray(value.files) ? value : undefined;
  } catch {
    return undefined;
  }
}
