import type { z } from "zod";
import { upstreamOptionsSchema } from "../upstreams/index.ts";
import type { Path } from "./document.ts";
import { knownKeys } from "./known-keys.ts";
import { nearest } from "./nearest.ts";

/** What a schema found wrong, in words, and where: at a value or at its key. */
export interface Explained {
  readonly message: string;
  readonly path: Path;
  readonly at: "key" | "value";
}

/** More of a kind than anybody reads. */
const MAX_KEYS = 200;

/** @param root what was checked, for the keys that are known at its places and the values that stand there */
export function explain(issue: z.core.$ZodIssue, root: unknown): Explained[] {
  const { path } = issue;
  if (issue.code === "unrecognized_keys") {
    const known = knownKeys(path, root);
    return issue.keys.slice(0, MAX_KEYS).map((key) => {
      const meant = nearest(key, known);
      return { message: `unknown key${hint(meant)}`, path: [...path, key], at: "key" };
    });
  }
  if (issue.code === "invalid_key") {
    return [{ message: issue.issues[0]?.message ?? issue.message, path, at: "key" }];
  }
  if (issue.code === "invalid_union" && issue.discriminator !== undefined) {
    const given = (valueAt(root, path) as string | undefined) ?? undefined;
    const kinds = upstreamOptionsSchema.options.map(({ shape }) => shape.kind.value);
    const known = kinds.join(", ");
    const message =
      given === undefined
        ? `is missing (one of ${known})`
        : `${JSON.stringify(given)} is none of ${known}${hint(nearest(String(given), kinds))}`;
    return [{ message, path, at: "value" }];
  }
  if (issue.code === "invalid_union") {
    // Of the forms it may have, the one that was meant is the one that is wrong only further in.
    const meant = issue.errors.find((issues) => issues.every((one) => one.path.length > 0 || isAboutKeys(one)));
    if (meant !== undefined) return meant.flatMap((one) => explain({ ...one, path: [...path, ...one.path] }, root));
    const message = [...new Set(issue.errors.map(([first]) => first?.message ?? ""))].join("; or ");
    return [{ message, path, at: "value" }];
  }
  if (issue.code === "invalid_type" && issue.input === undefined) {
    return [{ message: `is missing (${issue.expected})`, path, at: "value" }];
  }
  return [{ message: issue.message, path, at: "value" }];
}

const isAboutKeys = ({ code }: z.core.$ZodIssue): boolean => code === "unrecognized_keys" || code === "custom";

function hint(meant: string | undefined): string {
  return meant === undefined ? "" : `; did you mean ${meant}?`;
}

function valueAt(root: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, step) => (value as Record<PropertyKey, unknown> | undefined)?.[step], root);
}
