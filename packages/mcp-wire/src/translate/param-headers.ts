import { encodeHeaderValue } from "../classify.ts";
import { memberOf } from "../json/edit.ts";
import type { Message } from "../message.ts";

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
  if (wanted.length === 0) return [];
  const { arguments: given } = call.params;
  return wanted.flatMap(({ header, path }) => {
    const value = path.reduce<unknown>(
      (node, key) =>
        typeof node === "object" && node !== null && Object.hasOwn(node, key)
          ? (node as Record<string, unknown>)[key]
          : undefined,
      given,
    );
    const isPlain = typeof value === "string" || typeof value === "boolean" || Number.isSafeInteger(value);
    return isPlain ? [`Mcp-Param-${header}`, encodeHeaderValue(String(value))] : [];
  });
}
