import { ToolError } from "@shardgate/shard-sdk";

const RULES: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/\{\{|\}\}/, "`{{` or `}}`, which Traefik would run as a template"],
  // eslint-disable-next-line no-control-regex
  [/[\u0000-\u001F\u007F-\u009F\u2028\u2029]/, "a control character or line break"],
  [/[\u200B-\u200F\u202A-\u202E\u2060-\u2069\uFEFF\u00AD]/, "an invisible or text-direction character"],
  [/[\uD800-\uDFFF]/u, "half a character"],
];

/**
 * Refuses what must never reach a route file, whatever field it comes in.
 *
 * @throws ToolError naming the field
 */
export function requirePlainText(value: unknown, path = ""): void {
  if (typeof value === "string") {
    const broken = RULES.find(([pattern]) => pattern.test(value));
    if (broken !== undefined)
      throw new ToolError(`\`${path}\` contains ${broken[1]}.`, { next: "Send the value without it." });
    if (value.length > 4000)
      throw new ToolError(`\`${path}\` is longer than 4000 characters.`, { next: "Shorten it." });
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) requirePlainText(item, `${path}[${index}]`);
  } else if (typeof value === "object" && value !== null) {
    for (const [key, member] of Object.entries(value)) {
      requirePlainText(key, path === "" ? key : `${path}.${key}`);
      requirePlainText(member, path === "" ? key : `${path}.${key}`);
    }
  }
}
