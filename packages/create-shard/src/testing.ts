import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createShard } from "./create-shard.ts";
import type { Io } from "./io.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** A small repository in a folder of its own, and what is said while shards are made in it. */
export interface Workbench {
  readonly folder: string;
  /** Programs that were run: command line and folder. */
  readonly ran: string[];
  readonly said: () => string;
  readonly make: (...args: string[]) => Promise<number>;
  readonly read: (path: string) => string;
  readonly has: (path: string) => boolean;
  readonly remove: () => void;
}

export function workbench(io: Partial<Io> = {}): Workbench {
  const folder = mkdtempSync(join(tmpdir(), "shardgate-create-"));
  mkdirSync(join(folder, "shards/time/src"), { recursive: true });
  writeFileSync(join(folder, "shards/time/src/shard.ts"), "defaultPort: 9104,\n");
  for (const file of ["compose.yaml", ".env.example"]) cpSync(join(root, file), join(folder, file));
  writeFileSync(join(folder, "sdk.tgz"), "packed");
  const said: string[] = [];
  const ran: string[] = [];
  const usual: Io = {
    templateDir: join(root, "template"),
    repository: folder,
    sdk: join(folder, "sdk.tgz"),
    cwd: folder,
    isTerminal: false,
    write: (text) => void said.push(text),
    writeError: (text) => void said.push(text),
    run: (command, args, cwd) => {
      ran.push(`${[command, ...args].join(" ")} in ${cwd}`);
      return 0;
    },
    fetch: () => Promise.reject(new Error("no network")),
  };
  return {
    folder,
    ran,
    said: () => said.join(""),
    make: (...args) => createShard(args, { ...usual, ...io }),
    read: (path) => readFileSync(join(folder, path), "utf8"),
    has: (path) => existsSync(join(folder, path)),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
