import { dynamicFields, type Fields, type FieldType } from "../config/fields.ts";

/** Random numbers from a seed (mulberry32), so that a run can be repeated. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const SCALARS: Readonly<Record<string, string>> = { string: "foo", bool: "true", number: "42", duration: "42s" };

/** A file that sets every field of the dynamic configuration once, in block style. Traefik loads it. */
export function everyField(): string {
  return Object.entries(dynamicFields)
    .flatMap(([name, field]) => lines(name, field.type, 0))
    .join("\n")
    .concat("\n");
}

function lines(key: string, type: FieldType, depth: number): string[] {
  const pad = "  ".repeat(depth);
  if (typeof type === "string") return [`${pad}${key}: ${SCALARS[type]}`];
  if ("any" in type) return [`${pad}${key}:`, `${pad}  foo: bar`];
  if ("obj" in type) return [`${pad}${key}:`, ...members(type.obj, depth + 1)];
  if ("map" in type) return [`${pad}${key}:`, ...lines("name0", type.map, depth + 1)];
  if (typeof type.list === "string")
    return [`${pad}${key}:`, `${pad}  - ${SCALARS[type.list]}`, `${pad}  - ${SCALARS[type.list]}`];
  const [first = "", ...rest] = "obj" in type.list ? members(type.list.obj, depth + 2) : [];
  return [`${pad}${key}:`, `${pad}  - ${first.trimStart()}`, ...rest];
}

function members(fields: Fields, depth: number): string[] {
  return Object.entries(fields).flatMap(([name, field]) => lines(name, field.type, depth));
}

const VALUES = [
  "",
  "~",
  "yes",
  "on",
  "true",
  "false",
  "0",
  "1",
  "42",
  "-1",
  "1.5",
  "010",
  "0x1F",
  "1e3",
  "1_000",
  "99999999999999999999",
  "30s",
  "1m30s",
  "10x",
  "1d",
  '""',
  '"42"',
  "'true'",
  "2026-01-02",
  "2026-1-2",
  '"2026-01-02"',
  "2026-01-02T10:00:00Z",
  "{}",
  "[]",
  "{a: b}",
  "{a: }",
  "[a]",
  "[a, b]",
  "[~]",
  "[{}]",
  "[{a: b}]",
  "[[a]]",
  "*x",
  "&x y",
  "!!str 5",
  "!foo x",
  "@x",
  "`x`",
  "%x",
  "a: b",
  "a # b",
  "|",
  ">",
  "'",
  '"',
  "?",
  "- a",
  "ä",
  "\u0007",
  "\t",
];

/** One random change of a file's lines: what people and programs get wrong. */
export function mutate(text: string, random: () => number): string {
  const rows = text.split("\n").slice(0, -1);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const at = Math.floor(random() * rows.length);
  const row = rows[at] as string;
  const [, pad = "", key = "", value = ""] = /^(\s*(?:- )?)([^:]*):? ?(.*)$/.exec(row) ?? [];
  const put = (...replaced: string[]) => rows.splice(at, 1, ...replaced);
  pick([
    () => put(),
    () => put(row, row),
    () => put(`${pad}${key}: ${pick(VALUES)}`),
    () => put(`${pad}${key}: ${pick(VALUES)}`),
    () => put(`${pad}${key}: ${pick(VALUES)}`),
    () => put(`${pad}${key}:`),
    () => put(`${pad}${key.slice(0, -1)}: ${value}`),
    () => put(`${pad}${key.toUpperCase()}: ${value}`),
    () =>
      put(`${pad}${pick(["123", "true", "~", "1.5", "2026-01-02", "<<", "a b", "'x y'", "{a: b}", "? x"])}: ${value}`),
    () => put(` ${row}`),
    () => put(row.replace(/^ /, "")),
    () => put(row.replace("  ", "\t")),
    () => put(row, `${pad}unknown: foo`),
    () => put(row, `${pad}- foo`),
    () => put(row.replace(":", "")),
    () => put(row, pick(["---", "...", "# comment", "%YAML 1.2", "", "  ", "- x", "x"])),
    () => put(`${row} &anchor`),
    () => put(`${row} {`),
    () => put(row.replace("- ", "-")),
  ])();
  return `${rows.join("\n")}\n`;
}

/** The part of the file that one root key or one section holds, so that a mutation is read within a small file. */
export function slices(text: string): string[] {
  const rows = text.split("\n");
  const found: string[] = [];
  let root = "";
  let section: string[] = [];
  for (const row of [...rows, "end:"]) {
    if (/^\S/.test(row) || /^ {2}\S/.test(row)) {
      if (section.length > 0) found.push(`${root}\n${section.join("\n")}\n`);
      section = [];
    }
    if (/^\S/.test(row)) root = row;
    else section.push(row);
  }
  return found;
}
