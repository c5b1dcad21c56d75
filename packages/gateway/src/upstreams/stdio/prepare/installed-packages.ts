import { createHash, randomBytes } from "node:crypto";
import { access, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";

const pointerSchema = z.object({ program: z.string(), at: z.number() });
/** Whoever asks for the newest version gets one that was the newest this long ago, in milliseconds. */
const LATEST_MS = 24 * 3_600_000;

export interface Wanted {
  /** Everything that decides what is installed. */
  readonly identity: readonly unknown[];
  readonly isLatest: boolean;
  /** Installs into an empty folder. @returns path of the program in there */
  readonly install: (folder: string) => Promise<string>;
}

/**
 * Packages installed to be run, each in a folder of its own that never changes; a small file names the folder that counts.
 * Several gateways may share it. What is there is used without asking anybody, so that a registry that is away is no fault.
 */
export class InstalledPackages {
  readonly #folder: string;
  readonly #installing = new Map<string, Promise<string>>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Path of the installed program. @throws Error where it is not there and cannot be installed */
  async programOf(wanted: Wanted): Promise<string> {
    const key = createHash("sha256").update(JSON.stringify(wanted.identity)).digest("hex").slice(0, 24);
    const found = await this.#find(key);
    if (found !== undefined && !(wanted.isLatest && Date.now() - found.at > LATEST_MS)) return found.program;
    let installing = this.#installing.get(key);
    if (installing === undefined) {
      installing = this.#install(key, wanted).finally(() => this.#installing.delete(key));
      this.#installing.set(key, installing);
    }
    try {
      return await installing;
    } catch (error) {
      if (found !== undefined) return found.program;
      throw error;
    }
  }

  async #find(key: string): Promise<z.output<typeof pointerSchema> | undefined> {
    try {
      const pointer = pointerSchema.parse(JSON.parse(await readFile(join(this.#folder, `${key}.json`), "utf8")));
      await access(pointer.program);
      return pointer;
    } catch {
      return undefined;
    }
  }

  async #install(key: string, { install }: Wanted): Promise<string> {
    const folder = join(this.#folder, `${key}-${randomBytes(4).toString("hex")}`);
    try {
      await mkdir(folder, { recursive: true });
      const program = await install(folder);
      await access(program);
      const pointer = join(this.#folder, `${key}.json`);
      await writeFile(`${folder}.json`, JSON.stringify({ program, at: Date.now() }));
      await rename(`${folder}.json`, pointer);
      return program;
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }
}
