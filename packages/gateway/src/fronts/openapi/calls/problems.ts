import type { ErrorObject } from "ajv";
import { missing, type Problem } from "./invalid.ts";

/** Most problems that one answer names. */
const MAX_PROBLEMS = 20;

const TYPES: Readonly<Record<string, readonly [type: string, noun: string]>> = {
  string: ["string_type", "a valid string"],
  integer: ["int_type", "a valid integer"],
  number: ["float_type", "a valid number"],
  boolean: ["bool_type", "a valid boolean"],
  array: ["list_type", "a valid list"],
  object: ["dict_type", "a valid dictionary"],
  null: ["none_required", "None"],
};

type Words = (params: Record<string, unknown>, input: unknown) => Pick<Problem, "type" | "msg" | "ctx">;

/** What pydantic says for each keyword. */
const WORDS: Readonly<Record<string, Words>> = {
  type: ({ type }, input) => typeProblem(type as string | string[], input),
  enum: ({ allowedValues }) => literal(allowedValues as unknown[]),
  const: ({ allowedValue }) => literal([allowedValue]),
  additionalProperties: () => ({ type: "extra_forbidden", msg: "Extra inputs are not permitted" }),
  unevaluatedProperties: () => ({ type: "extra_forbidden", msg: "Extra inputs are not permitted" }),
  "false schema": () => ({ type: "extra_forbidden", msg: "Extra inputs are not permitted" }),
  minLength: ({ limit }) =>
    sized("string_too_short", `String should have at least ${count(limit, "character")}`, { min_length: limit }),
  maxLength: ({ limit }) =>
    sized("string_too_long", `String should have at most ${count(limit, "character")}`, { max_length: limit }),
  pattern: ({ pattern }) => sized("string_pattern_mismatch", `String should match pattern '${pattern}'`, { pattern }),
  minimum: ({ limit }) =>
    sized("greater_than_equal", `Input should be greater than or equal to ${limit}`, { ge: limit }),
  maximum: ({ limit }) => sized("less_than_equal", `Input should be less than or equal to ${limit}`, { le: limit }),
  exclusiveMinimum: ({ limit }) => sized("greater_than", `Input should be greater than ${limit}`, { gt: limit }),
  exclusiveMaximum: ({ limit }) => sized("less_than", `Input should be less than ${limit}`, { lt: limit }),
  multipleOf: ({ multipleOf }) =>
    sized("multiple_of", `Input should be a multiple of ${multipleOf}`, { multiple_of: multipleOf }),
  minItems: ({ limit }, input) =>
    sized("too_short", `List should have at least ${count(limit, "item")} after validation, not ${lengthOf(input)}`, {
      min_length: limit,
    }),
  maxItems: ({ limit }, input) =>
    sized("too_long", `List should have at most ${count(limit, "item")} after validation, not ${lengthOf(input)}`, {
      max_length: limit,
    }),
};

/** Keywords that only sum up what their branches say. */
const SUMMARIES: ReadonlySet<string> = new Set(["anyOf", "oneOf", "if", "allOf"]);

/** Says Ajv's errors about `body` in FastAPI's words, each with the way to the value at fault. */
export function problemsOf(errors: readonly ErrorObject[], body: unknown): Problem[] {
  const telling = errors.filter(({ keyword }) => !SUMMARIES.has(keyword));
  return (telling.length > 0 ? telling : errors).slice(0, MAX_PROBLEMS).map((error) => problemOf(error, body));
}

function problemOf({ keyword, instancePath, params, message }: ErrorObject, body: unknown): Problem {
  const { path, value } = follow(body, instancePath);
  const given = params as Record<string, unknown>;
  if (keyword === "required" || keyword === "dependentRequired") {
    return missing([...path, given["missingProperty"] as string], value);
  }
  const extra = given["additionalProperty"] ?? given["unevaluatedProperty"];
  const loc = ["body", ...path, ...(typeof extra === "string" ? [extra] : [])];
  const input = typeof extra === "string" ? (value as Record<string, unknown>)[extra] : value;
  const words = WORDS[keyword]?.(given, value) ?? { type: "value_error", msg: `Value error, ${message ?? keyword}` };
  const { type, msg, ctx } = words;
  return { type, loc, msg, input, ...(ctx !== undefined && { ctx }) };
}

/** The value at a JSON pointer, and the way there with the places in lists as numbers. */
export function follow(body: unknown, pointer: string): { path: (string | number)[]; value: unknown } {
  const path: (string | number)[] = [];
  let value = body;
  for (const part of pointer.split("/").slice(1)) {
    const key = part.replaceAll("~1", "/").replaceAll("~0", "~");
    path.push(Array.isArray(value) ? Number(key) : key);
    value = (value as Record<string, unknown>)[key];
  }
  return { path, value };
}

function typeProblem(type: string | string[], input: unknown): Pick<Problem, "type" | "msg"> {
  const types = typeof type === "string" ? [type] : type;
  const only = types.find((one) => types.length === 1 || one !== "null");
  const isOne = types.filter((one) => one !== "null").length <= 1;
  if (!isOne) return { type: "union_type", msg: `Input should be ${types.map((one) => TYPES[one]?.[1]).join(" or ")}` };
  const [name, noun] = TYPES[only as string] as readonly [string, string];
  if (only === "integer" && typeof input === "number") {
    return { type: "int_from_float", msg: `Input should be ${noun}, got a number with a fractional part` };
  }
  if (typeof input === "string" && PARSED[only as string] !== undefined) return PARSED[only as string]!;
  return { type: name, msg: `Input should be ${noun}` };
}

/** Texts are read as numbers and truth values, so what is wrong is that this one cannot be. */
const PARSED: Readonly<Record<string, Pick<Problem, "type" | "msg">>> = {
  integer: { type: "int_parsing", msg: "Input should be a valid integer, unable to parse string as an integer" },
  number: { type: "float_parsing", msg: "Input should be a valid number, unable to parse string as a number" },
  boolean: { type: "bool_parsing", msg: "Input should be a valid boolean, unable to interpret input" },
};

function literal(allowed: readonly unknown[]): Pick<Problem, "type" | "msg" | "ctx"> {
  const shown = allowed.slice(0, 50).map((one) => (typeof one === "string" ? `'${one}'` : JSON.stringify(one)));
  const last = shown.pop();
  const expected = shown.length === 0 ? (last ?? "nothing") : `${shown.join(", ")} or ${last}`;
  return { type: "literal_error", msg: `Input should be ${expected}`, ctx: { expected } };
}

function sized(type: string, msg: string, ctx: Record<string, unknown>): Pick<Problem, "type" | "msg" | "ctx"> {
  return { type, msg, ctx };
}

function count(number: unknown, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

function lengthOf(value: unknown): number {
  return Array.isArray(value) ? value.length : 0;
}
