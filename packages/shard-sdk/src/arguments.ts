import type { z } from "zod";
import type { JsonObject } from "./json-schema.ts";
import { nearest } from "./nearest.ts";

/** A value read from outside, or what is wrong with it as one text. */
export type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

/** Most problems told at once; a model mends a few at a time. */
const MAX_PROBLEMS = 8;

/** Arguments that n8n adds to every call (n8n-io/n8n#21716, fixed in its newer versions); no model wrote them. */
const addedByHosts = new Set(["toolCallId", "sessionId", "action", "chatInput", "tool"]);

/**
 * Makes the reader of a tool's arguments. It forgives what models and hosts do by habit (null for an argument left out,
 * n8n's extra arguments), and names every other fault with the field, what was expected, and the field's description.
 */
export function argumentReader(tool: string, schema: z.ZodObject, jsonSchema: JsonObject) {
  const properties = (jsonSchema["properties"] ?? {}) as Readonly<Record<string, { readonly description?: string }>>;
  const known = Object.keys(properties);
  const nullMeansAbsent = new Set(
    Object.entries(schema.shape)
      .filter(([, field]) => accepts(field, undefined) && !accepts(field, null))
      .map(([name]) => name),
  );

  const describe = (issue: z.core.$ZodIssue): string => {
    if (issue.code === "unrecognized_keys" && issue.path.length === 0) {
      return issue.keys.map((key) => `- \`${key}\`: no such argument${suggestion(key, known)}`).join("\n");
    }
    const hint = properties[String(issue.path[0])]?.description;
    const problem = issue.message
      .replace(/^Invalid input: /, "")
      .replace(/^(expected .+), received undefined$/, "missing; $1");
    return `- \`${fieldPath(issue.path)}\`: ${problem}${hint === undefined ? "" : ` (${hint})`}`;
  };

  return (args: JsonObject): Read<z.output<typeof schema>> => {
    const kept = Object.entries(args).filter(
      ([name, value]) =>
        !(value === null && nullMeansAbsent.has(name)) && (Object.hasOwn(properties, name) || !addedByHosts.has(name)),
    );
    const parsed = schema.safeParse(Object.fromEntries(kept));
    if (parsed.success) return { ok: true, value: parsed.data };
    const { issues } = parsed.error;
    const more = issues.length > MAX_PROBLEMS ? [`- and ${issues.length - MAX_PROBLEMS} more`] : [];
    const problems = [...issues.slice(0, MAX_PROBLEMS).map(describe), ...more];
    return { ok: false, problem: `Invalid arguments for ${tool}:\n${problems.join("\n")}` };
  };
}

function accepts(field: z.core.$ZodType, value: unknown): boolean {
  return (field as z.ZodType).safeParse(value).success;
}

function suggestion(key: string, known: readonly string[]): string {
  const [meant] = nearest(key, known, 1);
  if (meant !== undefined) return `; did you mean \`${meant}\`?`;
  return known.length === 0 ? "; it takes none" : `; it takes ${known.map((name) => `\`${name}\``).join(", ")}`;
}

function fieldPath(path: readonly PropertyKey[]): string {
  if (path.length === 0) return "arguments";
  return path
    .map((part, at) => (typeof part === "number" ? `[${part}]` : `${at > 0 ? "." : ""}${String(part)}`))
    .join("");
}
