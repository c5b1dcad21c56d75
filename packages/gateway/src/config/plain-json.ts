/**
 * JSON as people write it, as YAML that means the same: comments (`//`, block comments) and tabs become blanks. Every character
 * keeps its place, so line and column stay right.
 */
export function toYamlFlow(text: string): string {
  if (!looksLikeJson(text)) return text;
  let result = "";
  let copied = 0;
  const blank = (from: number, to: number): void => {
    result += text.slice(copied, from) + text.slice(from, to).replace(/[^\r\n]/g, " ");
    copied = to;
  };
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '"') at = endOfString(text, at);
    else if (char === "\t") blank(at, at + 1);
    else if (char === "/" && text[at + 1] === "/" && /[\s,{}[\]"]/.test(text[at - 1] ?? " ")) {
      const end = text.indexOf("\n", at);
      blank(at, end < 0 ? text.length : end);
      at = copied - 1;
    } else if (char === "/" && text[at + 1] === "*") {
      const end = text.indexOf("*/", at + 2);
      blank(at, end < 0 ? text.length : end + 2);
      at = copied - 1;
    }
  }
  return result + text.slice(copied);
}

/** Begins with a bracket, whatever blanks and comments stand before it. */
function looksLikeJson(text: string): boolean {
  return /^\uFEFF?(\s|\/\/[^\n]*\n|\/\*[^]*?\*\/)*[{[]/.test(text.slice(0, 4096));
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === '"') return at;
  }
  return text.length;
}
