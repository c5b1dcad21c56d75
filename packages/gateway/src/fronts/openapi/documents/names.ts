import { createHash } from "node:crypto";

/** Longest name we give an operation, as for tools: hosts put prefixes in front of it and count to 64. */
const MAX_LENGTH = 48;

/** Names by which Open WebUI recognises tools of its own (openwebui §1.2). */
const TAKEN: readonly string[] = ["search_tools", "call_tool"];

/** Makes names that every model API takes, each given out once. */
export class OperationNames {
  readonly #given = new Set<string>(TAKEN);

  /** The first of `wanted` that is free once it is spelled with letters, digits, `_` and `-`; else it gets a hash. */
  give(...wanted: readonly string[]): string {
    const spelled = wanted.map(spell);
    const free = spelled.find((name) => name.length <= MAX_LENGTH && !this.#given.has(name));
    let name = free ?? hashed(spelled.at(-1) as string, wanted.at(-1) as string);
    for (let number = 2; this.#given.has(name); number++) name = hashed(name, `${wanted.at(-1)} ${number}`);
    this.#given.add(name);
    return name;
  }
}

function spell(text: string): string {
  const spelled = text.replace(/[^A-Za-z0-9_-]/gu, "_").replace(/_{4,}/g, "___");
  return /^[A-Za-z_]/.test(spelled) ? spelled : `_${spelled}`;
}

function hashed(name: string, source: string): string {
  return `${name.slice(0, MAX_LENGTH - 9)}_${createHash("sha256").update(source).digest("hex").slice(0, 8)}`;
}

/** Names of components, each given out once. */
export class ComponentNames {
  readonly #given = new Set<string>();

  give(wanted: string): string {
    const spelled = wanted.replace(/[^A-Za-z0-9._-]/gu, "_");
    let name = spelled;
    for (let number = 2; this.#given.has(name); number++) name = `${spelled}_${number}`;
    this.#given.add(name);
    return name;
  }
}
