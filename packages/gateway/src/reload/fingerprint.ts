import { createHash } from "node:crypto";
import type { LoadedConfig } from "../config/load.ts";

type Read = Pick<LoadedConfig, "contents" | "lists">;

/** A hash of everything a configuration was read from: the same exactly where reading again would give the same. */
export function fingerprintOf({ contents, lists }: Read): string {
  const hash = createHash("sha256");
  const add = (text: string): void => void hash.update(`${text.length}:${text}`);
  for (const [path, content] of [...contents].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    add(path);
    add("text" in content ? `=${content.text}` : `!${content.problem}`);
  }
  for (const [pattern, found] of [...lists].toSorted(([a], [b]) => (a < b ? -1 : 1)))
    add(`${pattern} ${found.join(" ")}`);
  return hash.digest("hex");
}
