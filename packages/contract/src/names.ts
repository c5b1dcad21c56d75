import { createHash } from "node:crypto";
import * as z from "zod";

/** Characters that every known model API and MCP host takes in a tool name (OpenAI, Anthropic, Gemini). */
export const QUALIFIED_NAME_PATTERN = /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/;

/**
 * Longest name we make, in characters. Hosts put a prefix of their own in front (`mcp__<server>__`) and count it
 * against the 64 that model APIs allow; 48 leaves them 16.
 */
export const QUALIFIED_NAME_LENGTH = 48;

const SEPARATOR = "__";
const HASH_DIGITS = 8;

/** Name of an upstream, hence of a shard: what stands before the separator in a qualified name. */
export const upstreamNameSchema = z.string().regex(/^[a-z0-9-]{1,16}$/, "must be 1 to 16 characters of a-z, 0-9 and -");

/**
 * Maps any name to one that {@link upstreamNameSchema} takes: lower case, other characters to `-`, and on overflow a
 * cut plus a hash, so that two long names stay apart. A name that already fits comes back as it is.
 */
export function toUpstreamName(name: string): string {
  if (upstreamNameSchema.safeParse(name).success) return name;
  const mapped = name
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, "-")
    .replace(/^-+|-+$/g, "");
  if (mapped.length > 0 && mapped.length <= 16) return mapped;
  return `${mapped.slice(0, 11) || "upstream"}-${hash(name).slice(0, 4)}`;
}

/** One tool of one upstream, by the names their owners gave them. */
export interface OwnedName {
  readonly upstream: string;
  readonly tool: string;
  /** True where the tool is to be called by its own name, without its upstream's; it is, unless another one would be too. */
  readonly isBare?: boolean;
}

/**
 * Gives every entry a qualified name, `<upstream>__<tool>`, that matches {@link QUALIFIED_NAME_PATTERN} and is unique.
 * Characters outside the grammar become `_`; a name that is too long, or that another entry has too, is cut and ends in
 * a hash of its owner and its own name. The result depends on the set of entries alone, not on their order, so a name
 * means the same tool after a restart. The way back is a stored map, never a split.
 *
 * @returns one name per entry, in the order of the entries
 */
export function qualifyNames(entries: readonly OwnedName[]): string[] {
  const plain = entries.map((entry) => `${entry.upstream}${SEPARATOR}${entry.tool}`);
  const uses = new Map<string, number>(plain.map((name) => [toGrammar(name), 1]));
  for (const { isBare, tool } of entries) {
    if (isBare === true) uses.set(toGrammar(tool), (uses.get(toGrammar(tool)) ?? 0) + 1);
  }
  for (const [index, { isBare, tool }] of entries.entries()) {
    if (isBare === true && uses.get(toGrammar(tool)) === 1) plain[index] = tool;
  }
  const wanted = plain.map(toGrammar);
  const count = new Map<string, number>();
  for (const name of wanted) count.set(name, (count.get(name) ?? 0) + 1);
  return wanted.map((name, index) => {
    const entry = entries[index] as OwnedName;
    if (name.length > QUALIFIED_NAME_LENGTH) return withHash(name, entry);
    // Among entries that collide, the one that needed no replacement keeps the name its users know.
    const collides = (count.get(name) ?? 0) > 1;
    return collides && name !== plain[index] ? withHash(name, entry) : name;
  });
}

function toGrammar(name: string): string {
  // Four in a row are how LobeChat tells a server from its tool.
  const replaced = name.replace(/[^A-Za-z0-9_-]/gu, "_").replace(/_{4,}/g, "___");
  return /^[A-Za-z_]/.test(replaced) ? replaced : `_${replaced}`;
}

function withHash(name: string, { upstream, tool }: OwnedName): string {
  const kept = name.slice(0, QUALIFIED_NAME_LENGTH - HASH_DIGITS - 1).replace(/_{3}$/, "__");
  return `${kept}_${hash(`${upstream}\0${tool}`).slice(0, HASH_DIGITS)}`;
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
