// The word with which shards of this clone register at the gateway of this clone: `npm start` makes it, `npm run shard` reads it.
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { root } from "./workspace.mjs";

const file = join(root, ".state/announce-token");

/** The token; made when there is none yet, readable to its owner alone. */
export function announceToken() {
  if (!existsSync(file)) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, randomBytes(24).toString("base64url"), { mode: 0o600 });
  }
  return readFileSync(file, "utf8").trim();
}
