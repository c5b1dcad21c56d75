/** What a reference gives: text, or why there is none. */
export type Resolved = { readonly text: string } | { readonly problem: string };

/** Gives the value behind the name in a reference: `NAME`, `env:NAME`, `file:/path`, `input:id`; undefined for none known. */
export type Resolve = (name: string) => Resolved | undefined;

/** One level of braces inside, for a default that is itself a reference. */
const REFERENCE = /(\$?)\$\{([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}/g;
const PARTS = /^(?:([A-Za-z_]\w*)(?:(:?[-?])(.*))?|((?:file|secret|env|input):.+?)(?:(:[-?])(.*))?)$/s;

/**
 * Puts values into a text, as Compose does: `${VAR}`, `${VAR:-default}`, `${VAR:?message}`, `$${` for a plain `${`. What
 * is no reference of ours (`${foo%bar}`) stays as it is. Only text changes, so a value can never become structure.
 *
 * @param onProblem told of each value that is needed and not there; the text then has nothing in its place
 */
export function interpolate(text: string, resolve: Resolve, onProblem: (message: string) => void): string {
  if (!text.includes("${")) return text;
  return text.replace(REFERENCE, (whole: string, escaped: string, inner: string) => {
    if (escaped !== "") return whole.slice(1);
    const parts = PARTS.exec(inner);
    if (parts === null) return whole;
    const [name = "", operator, rest = ""] = parts[1] === undefined ? parts.slice(4) : parts.slice(1, 4);
    const found = resolve(name);
    if (found === undefined) return whole;
    const isThere = "text" in found && (found.text !== "" || !operator?.startsWith(":"));
    if (isThere) return found.text;
    if (operator?.endsWith("-") === true) return interpolate(rest, resolve, onProblem);
    if (rest !== "") onProblem(`${name}: ${rest}`);
    else onProblem("problem" in found ? found.problem : `the environment variable ${name} is empty`);
    return "";
  });
}
