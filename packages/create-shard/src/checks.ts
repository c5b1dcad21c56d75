// What may be a name, a title, an address, a port: each returns a sentence that says what is wrong, or undefined.
import { toUpstreamName, upstreamNameSchema } from "@shardgate/contract";

/** Taken by the house, by paths of the gateway, or by the template. */
const RESERVED = new Set(
  "admin api chat config create-shard docs example gateway health livez mcp messages metrics openapi p ready readyz servers shard shards shard-sdk shardgate sse template".split(
    " ",
  ),
);

/** The ports of the house; new shards take others. */
export const HOUSE_PORTS: ReadonlySet<number> = new Set([9100, 9101, 9102, 9103, 9110]);

const fits = (name: string): boolean =>
  upstreamNameSchema.safeParse(name).success && /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name);

/** @param taken names that are in use already */
export function nameProblem(name: string, taken: readonly string[] = []): string | undefined {
  if (name === "") return "A shard needs a name.";
  if (!fits(name)) {
    const better = toUpstreamName(name)
      .replace(/-+/g, "-")
      .replace(/^[^a-z]+|-+$/g, "");
    const hint = fits(better) ? `, say ${better}` : "";
    return `${JSON.stringify(name.slice(0, 100))} cannot be a shard's name: 1 to 16 of a-z, 0-9 and single -, beginning with a letter${hint}.`;
  }
  if (RESERVED.has(name)) return `${name} is a name of the house itself; take another.`;
  if (taken.includes(name)) return `There is a shard ${name} already; take another name.`;
  return undefined;
}

/** Goes into texts of the code, into Markdown and YAML: only what is plain in all of them. */
export function titleProblem(title: string): string | undefined {
  return /^[\p{L}\p{N}][\p{L}\p{N} .,()&/+-]{0,59}$/u.test(title) && title.trim() === title
    ? undefined
    : "A title is 1 to 60 letters, digits, spaces and .,()&/+-, beginning with a letter or digit.";
}

export function urlProblem(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || /["'`\\\s$]/.test(text)) {
    return `${JSON.stringify(text.slice(0, 100))} is no address; write it as http://name:port.`;
  }
  if (url.username !== "" || url.password !== "")
    return "An address with a password would end up in the code; give it without.";
  return undefined;
}

export function portProblem(text: string, taken: ReadonlySet<number>): string | undefined {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1024 || port > 65_535)
    return `${JSON.stringify(text)} is no port between 1024 and 65535.`;
  if (HOUSE_PORTS.has(port) || taken.has(port)) return `Port ${port} is taken by another program of the house.`;
  return undefined;
}

/** The name as part of environment variables. */
export const variableOf = (name: string): string => name.toUpperCase().replaceAll("-", "_");

/** A title for who gives none: `home-box` is Home box. */
export function titleOf(name: string): string {
  const words = name.replaceAll("-", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
