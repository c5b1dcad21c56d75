import { encodeHeaderValue } from "../classify.ts";
import { memberOf } from "../json/edit.ts";
import { Message } from "../message.ts";
import { RpcCode } from "../wire-error.ts";

/** Arguments of a tool that a modern client mirrors into headers (SEP-2243): name of the header, way to the argument. */
export type ParamHeaders = readonly { readonly header: string; readonly path: readonly string[] }[];

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const TYPES: ReadonlySet<unknown> = new Set(["string", "integer", "boolean"]);
const ANNOTATION = "x-mcp-header";

/**
 * The headers a tool wants, from the `x-mcp-header` annotations of its input schema.
 *
 * @returns undefined where an annotation breaks the rules, which makes the tool unusable (2026-07-28 basic/transports)
 */
export function paramHeadersOf(tool: Buffer): ParamHeaders | undefined {
  const schema = memberOf(tool, "inputSchema");
  // Nearly no tool has one, and most schemas are long.
  if (schema === undefined || !schema.includes(ANNOTATION)) return [];
  const found: { header: string; path: readonly string[] }[] = [];
  const names = new Set<string>();
  let isValid = true;

  function visit(node: unknown, path: readonly string[] | undefined): void {
    if (typeof node !== "object" || node === null) return;
    const members = node as Record<string, unknown>;
    if (Object.hasOwn(members, ANNOTATION)) take(members, path);
    for (const [key, value] of Object.entries(members)) {
      if (key === "const" || key === "default" || key === "enum" || key === "examples") continue;
      if (key === "properties" && typeof value === "object" && value !== null && !Array.isArray(value)) {
        for (const [name, property] of Object.entries(value)) visit(property, path && [...path, name]);
      } else visit(value, undefined);
    }
  }

  function take(property: Record<string, unknown>, path: readonly string[] | undefined): void {
    const header = property[ANNOTATION];
    const isNamed = typeof header === "string" && TOKEN.test(header) && !names.has(header.toLowerCase());
    if (!isNamed || path === undefined || path.length === 0 || !TYPES.has(property["type"])) {
      isValid = false;
      return;
    }
    names.add(header.toLowerCase());
    found.push({ header, path });
  }

  visit(JSON.parse(schema.toString()), []);
  return isValid ? found : undefined;
}

/** The headers that mirror a call's arguments, name and value in turn; an argument that is absent or null has none. */
export function paramHeaders(call: Message, wanted: ParamHeaders): string[] {
  return mirrored(call, wanted).flatMap(({ name, value }) => [name, encodeHeaderValue(String(value))]);
}

/**
 * Refuses a call whose headers do not say what its arguments say, for an upstream that has no headers to compare.
 *
 * @param given the call's `Mcp-Param-*` headers, name and value in turn
 * @returns the error, `-32020`; undefined where the call may pass
 */
export function refuseParamHeaders(call: Message, wanted: ParamHeaders, given: readonly string[]): Message | undefined {
  for (const { name, value } of mirrored(call, wanted)) {
    const index = given.findIndex((text, at) => at % 2 === 0 && text.toLowerCase() === name.toLowerCase());
    const said = index < 0 ? undefined : decoded(given[index + 1] as string);
    const isSame = typeof value === "number" ? said !== undefined && Number(said) === value : said === String(value);
    if (isSame) continue;
    const message = `Header and body disagree: the header ${name} does not say what its argument says`;
    const data = { mismatch: { header: name, value: index < 0 ? null : given[index + 1] } };
    return Message.error(call.id, { code: RpcCode.headerMismatch, message, data });
  }
  return undefined;
}

/** The arguments of a call that headers mirror: those that are there, and plain. */
function mirrored(
  call: Message,
  wanted: ParamHeaders,
): readonly { readonly name: string; readonly value: string | boolean | number }[] {
  if (wanted.length === 0) return [];
  const { arguments: args } = call.params;
  return wanted.flatMap(({ header, path }) => {
    const value = path.reduce<unknown>(
      (node, key) =>
        typeof node === "object" && node !== null && Object.hasOwn(node, key)
          ? (node as Record<string, unknown>)[key]
          : undefined,
      args,
    );
    const isPlain = typeof value === "string" || typeof value === "boolean" || Number.isSafeInteger(value);
    return isPlain ? [{ name: `Mcp-Param-${header}`, value: value as string | boolean | number }] : [];
  });
}

const WRAPPED = /^=\?base64\?(.*)\?=$/;

/** What a header says; undefined where its base64 is not as an encoder writes it. */
function decoded(value: string): string | undefined {
  const base64 = WRAPPED.exec(value)?.[1];
  if (base64 === undefined) return value;
  const bytes = Buffer.from(base64, "base64");
  return bytes.toString("base64") === base64 ? bytes.toString() : undefined;
}
