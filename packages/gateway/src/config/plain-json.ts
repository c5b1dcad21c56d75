/**
 * JSON as people write it, as YAML that means the same: comments (`//`, block comments) and tabs become blanks. Every character
 * keeps its place, so line and column stay right.
 */
export function toYamlFlow(text: string): string {
  if (!isJson(text)) return text;
  let result = "";
  let copied = 0;
  for (const { offset, text: part } of besideValues(text)) {
    result += text.slice(copied, offset) + part.replace(/[^\r\n]/g, " ");
    copied = offset + part.length;
  }
  return result + text.slice(copied);
}

/** Its comments, with their marks, in order. */
export function jsonComments(text: string): readonly Part[] {
  return [...besideValues(text)].filter((part) => part.text !== "\t");
}

interface Part {
  readonly offset: number;
  readonly text: string;
}

/** What YAML would not take between the values: comments and tabs. */
function* besideValues(text: string): Generator<Part> {
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    let end = at;
    if (char === '"') at = endOfString(text, at);
    else if (char === "\t") end = at + 1;
    else if (char === "/" && text[at + 1] === "/" && /[\s,{}[\]"]/.test(text[at - 1] ?? " ")) {
      end = indexOrEnd(text, "\n", at);
    } else if (char === "/" && text[at + 1] === "*") end = Math.min(text.length, indexOrEnd(text, "*/", at + 2) + 2);
    if (end === at || char === '"') continue;
    yield { offset: at, text: text.slice(at, end) };
    at = end - 1;
  }
}

function indexOrEnd(text: string, sought: string, from: number): number {
  const found = text.indexOf(sought, from);
  return found < 0 ? text.length : found;
}

/** Begins with a bracket, whatever blanks and comments stand before it. */
export function isJson(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    if (/[\s\uFEFF]/.test(text[at] as string)) continue;
    if (text[at] !== "/") return text[at] === "{" || text[at] === "[";
    const end = text[at + 1] === "/" ? text.indexOf("\n", at) : text.indexOf("*/", at + 2);
    if (end < 0 || !/[/*]/.test(text[at + 1] ?? "")) return false;
    at = text[at + 1] === "/" ? end : end + 1;
  }
  return false;
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === '"') return at;
  }
  return text.length;
}
