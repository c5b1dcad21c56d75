import type { Report } from "./finding.ts";

/**
 * Reports `{{`, which makes a file a Go template: Traefik runs it before it reads the file, comments included, and it can
 * read Traefik's environment. A lone `}}` is harmless.
 */
export function findTemplate(text: string, report: Report): void {
  const index = text.indexOf("{{");
  if (index < 0) return;
  const fault = templateFault(text);
  const before = text.slice(0, fault?.at ?? index).split("\n");
  report({
    severity: "fatal_for_all_files",
    path: "",
    line: before.length,
    column: (before.at(-1) as string).length + 1,
    message:
      fault === undefined
        ? "`{{` starts a Go template that Traefik runs before it reads the file, even inside a comment; it is not run here"
        : `a Go template that Traefik cannot read: ${fault.message}`,
    fix: "Remove the template, or check this file in Traefik itself.",
  });
}

/** What is certainly wrong with a template, and where; undefined when there is none, or it may well work. */
export function templateFault(text: string): { readonly at: number; readonly message: string } | undefined {
  const open: number[] = [];
  for (let at = text.indexOf("{{"); at >= 0;) {
    const end = endOfAction(text, at + 2);
    if (typeof end === "string") return { at, message: end };
    const action = text
      .slice(at + 2, end - 2)
      .replace(/^-\s|\s-$/g, "")
      .trim();
    const word = /^[a-z]+/.exec(action)?.[0] ?? "";
    if (action === "") return { at, message: "an action is empty" };
    if (BLOCKS.has(word)) open.push(at);
    else if (word === "end" && open.pop() === undefined) return { at, message: "an {{end}} too many" };
    else if (word === "else" && open.length === 0) return { at, message: "an {{else}} outside of a block" };
    at = text.indexOf("{{", end);
  }
  const [unclosed] = open;
  return unclosed === undefined ? undefined : { at: unclosed, message: "a block without its {{end}}" };
}

const BLOCKS: ReadonlySet<string> = new Set(["if", "range", "with", "define", "block"]);

/** The index after the `}}` of an action, or what keeps it from ending (Go's text/template/parse/lex.go). */
function endOfAction(text: string, start: number): number | string {
  const comment = /^(?:- )?\s*\/\*/.exec(text.slice(start, start + 100));
  if (comment !== null) {
    const end = text.indexOf("*/", start + comment[0].length);
    const close = end < 0 ? null : /^(?:\s-)?}}/.exec(text.slice(end + 2, end + 6));
    return close === null ? "a comment that does not end right before }}" : end + 2 + close[0].length;
  }
  for (let at = start; at < text.length;) {
    if (text.startsWith("}}", at)) return at + 2;
    const quote = text[at] as string;
    if (!"\"'`".includes(quote)) at++;
    else {
      const end = endOfQuote(text, at + 1, quote);
      if (end === undefined) return "a quoted text that does not end";
      at = end;
    }
  }
  return "an action that does not end with }}";
}

function endOfQuote(text: string, start: number, quote: string): number | undefined {
  for (let at = start; at < text.length; at++) {
    if (text[at] === quote) return at + 1;
    if (quote === "`") continue;
    if (text[at] === "\n") return undefined;
    if (text[at] === "\\") at++;
  }
  return undefined;
}
