/** A part of a page under one heading; the first has none. */
export interface Section {
  readonly title: string;
  readonly text: string;
}

/** Splits Markdown at headings of level 1 to 3, not within code. */
export function splitSections(markdown: string): Section[] {
  const sections: { title: string; lines: string[] }[] = [{ title: "", lines: [] }];
  let inCode = false;
  for (const line of markdown.split("\n")) {
    if (/^\s*(```|~~~)/.test(line)) inCode = !inCode;
    const heading = inCode ? undefined : /^#{1,3}\s+(.+?)\s*#*$/.exec(line)?.[1];
    if (heading === undefined) sections.at(-1)?.lines.push(line);
    else sections.push({ title: heading.replaceAll("`", ""), lines: [line] });
  }
  return sections
    .map(({ title, lines }) => ({ title, text: lines.join("\n").trim() }))
    .filter(({ text }) => text !== "");
}

/**
 * Makes a page's Markdown fit to read: without front matter, includes, attribute lists, anchors and table padding.
 *
 * @param clean takes out what else is not wanted
 */
export function cleanMarkdown(source: string, clean: (markdown: string) => string = (text) => text): string {
  const body = source.replaceAll("\r\n", "\n").replace(/^---\n[\s\S]*?\n---\n/, "");
  return clean(body)
    .replace(/^\s*\{%.*%\}\s*$/gm, "")
    .replace(/\{:[^}\n]*\}/g, "")
    .replace(/<!--[\s\S]*?-->/g, "")
    .replace(/<a\s[^>]*>([\s\S]*?)<\/a>/g, "$1")
    .replace(/<br\s*\/?>/g, " ")
    .replace(/^\|.*\|?[ \t]*$/gm, (row) => row.replace(/[ \t]{2,}/g, " ").replace(/:?-{4,}:?/g, "---"))
    .replace(/\n{3,}/g, "\n\n")
    .trim();
}

/** The section asked for, or the beginning of the page, within a number of characters. */
export function choose(
  sections: readonly Section[],
  wanted: string | undefined,
  maxChars: number,
): { readonly title: string; readonly text: string } {
  const asked = wanted?.toLowerCase();
  const found =
    asked === undefined
      ? undefined
      : (sections.find(({ title }) => title.toLowerCase() === asked) ??
        sections.find(({ title }) => title.toLowerCase().includes(asked)) ??
        sections.find(({ text }) => text.toLowerCase().includes(asked)));
  if (found !== undefined) return { title: found.title, text: cut(found.text, maxChars) };
  let text = "";
  for (const section of sections) {
    if (text !== "" && text.length + section.text.length > maxChars) break;
    text += `${text === "" ? "" : "\n\n"}${section.text}`;
  }
  return { title: "", text: cut(text, maxChars) };
}

function cut(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  const kept = text.slice(0, maxChars);
  return `${kept.slice(0, Math.max(kept.lastIndexOf("\n"), maxChars / 2))}\n[…]`;
}
