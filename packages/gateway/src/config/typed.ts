import type { z } from "zod";

export interface Typed<T> {
  readonly data: T | undefined;
  readonly issues: readonly z.core.$ZodIssue[];
}

/**
 * Checks a value, and reads text as the number or truth value that is wanted in its place: what comes from a variable is
 * always text (`port: ${PORT}`).
 */
export function parseTyped<T>(schema: z.ZodType<T>, value: unknown): Typed<T> {
  const first = schema.safeParse(value, { reportInput: true });
  if (first.success) return { data: first.data, issues: [] };
  let repaired = false;
  for (const issue of first.error.issues) {
    if (issue.code !== "invalid_type" || typeof issue.input !== "string") continue;
    const typed = typedAs(issue.expected, issue.input);
    if (typed === undefined) continue;
    const parent = issue.path
      .slice(0, -1)
      .reduce<unknown>((node, step) => (node as Record<PropertyKey, unknown>)[step], value);
    (parent as Record<PropertyKey, unknown>)[issue.path.at(-1) as PropertyKey] = typed;
    repaired = true;
  }
  if (!repaired) return { data: undefined, issues: first.error.issues };
  const second = schema.safeParse(value, { reportInput: true });
  return second.success ? { data: second.data, issues: [] } : { data: undefined, issues: second.error.issues };
}

function typedAs(expected: string, text: string): number | boolean | undefined {
  if (expected === "number" || expected === "int") return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
  if (expected === "boolean") return text === "true" ? true : text === "false" ? false : undefined;
  return undefined;
}
