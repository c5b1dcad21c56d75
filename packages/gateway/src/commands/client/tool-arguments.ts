import { CommandError } from "../command-error.ts";
import type { Io } from "../command.ts";

type Schema = Readonly<Record<string, unknown>>;

/**
 * Arguments of a tool from the words of a command line: one JSON object, `-` for one on standard input, or pairs:
 * `key=value` is typed by the tool's input schema, `key:=JSON` says its type itself.
 *
 * @throws CommandError naming the word at fault
 */
export async function toolArguments(
  words: readonly string[],
  schema: Schema,
  io: Pick<Io, "readInput">,
): Promise<object> {
  const [first] = words;
  if (words.length === 1 && first === "-") return parseObject(await io.readInput(), "standard input");
  if (words.length === 1 && first?.trimStart().startsWith("{")) return parseObject(first, "the argument");
  const properties = asSchema(schema["properties"]);
  const args: Record<string, unknown> = {};
  for (const word of words) {
    const [, key, operator, text] = /^([^=:]+)(:?=)(.*)$/s.exec(word) ?? [];
    if (key === undefined || text === undefined) {
      throw new CommandError(`${JSON.stringify(word)} is neither key=value, key:=JSON nor a JSON object`);
    }
    const value = operator === ":=" ? parseJson(text, word) : typed(text, asSchema(properties[key]), key);
    // Defined, not set: `__proto__` is a key like any other.
    Object.defineProperty(args, key, { value, enumerable: true, configurable: true, writable: true });
  }
  return args;
}

function asSchema(value: unknown): Schema {
  return typeof value === "object" && value !== null ? (value as Schema) : {};
}

/** A value as its schema wants it; without a word of its type, text stays text. */
function typed(text: string, schema: Schema, key: string): unknown {
  const types = new Set([schema["type"]].flat());
  if (types.has("string")) return text;
  if (types.has("number") || types.has("integer")) {
    const number = text.trim() === "" ? Number.NaN : Number(text);
    if (Number.isFinite(number)) return number;
    throw new CommandError(`${key} must be a number, not ${JSON.stringify(text)}`);
  }
  if (types.has("boolean")) {
    if (text === "true" || text === "false") return text === "true";
    throw new CommandError(`${key} must be true or false, not ${JSON.stringify(text)}`);
  }
  if (types.has("array") && !text.trimStart().startsWith("[")) {
    return text.split(",").map((item) => typed(item, asSchema(schema["items"]), key));
  }
  if (types.has("array") || types.has("object")) return parseJson(text, `${key}=${text}`);
  return text;
}

function parseJson(text: string, word: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CommandError(`The value of ${JSON.stringify(word)} is no JSON: ${(error as Error).message}`);
  }
}

function parseObject(text: string, where: string): object {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new CommandError(`What ${where} holds is no JSON: ${(error as Error).message}`);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw new CommandError(`What ${where} holds must be a JSON object`);
}
