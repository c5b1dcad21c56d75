/** A page of a documentation, with words that people use for it. */
export interface DocsPage {
  /** Where it is, as the sources' `path` takes it. */
  readonly path: string;
  readonly words: string;
  /** Put before its text, such as that it is about a paid edition; such pages come after the others. */
  readonly note?: string;
  /** A short text of the shard's own, for when neither the page nor a copy of it can be had. */
  readonly bundled?: string;
}

/** Pages that fit a query, best first. A path, whole or its last part, fits exactly. */
export function findPages(pages: readonly DocsPage[], query: string): readonly DocsPage[] {
  const text = query
    .toLowerCase()
    .trim()
    .replace(/\.md$/, "")
    .replace(/^\/+|\/+$/g, "");
  const exact = pages.find(({ path }) => path.toLowerCase() === text);
  if (exact !== undefined) return [exact];
  const tokens = text.split(/[^a-z0-9]+/).filter((token) => token.length > 1);
  return pages
    .map((page) => ({ page, score: scoreOf(page, tokens, text) }))
    .filter(({ score }) => score > 0)
    .toSorted((a, b) => b.score - a.score)
    .map(({ page }) => page);
}

function scoreOf({ path, words, note }: DocsPage, tokens: readonly string[], text: string): number {
  const last = (path.split("/").at(-1) ?? "").toLowerCase();
  const known = new Set([...words.toLowerCase().split(/\s+/), ...path.toLowerCase().split(/[/-]/)]);
  let score = last === text.replace(/[^a-z0-9-]/g, "") ? 10 : 0;
  for (const token of tokens) {
    if (last.replaceAll("-", "") === token) score += 6;
    else if (known.has(token) || known.has(token.replace(/s$/, ""))) score += 3;
    else if ([...known].some((word) => word.length > 3 && (word.startsWith(token) || token.startsWith(word))))
      score += 1;
  }
  return note === undefined ? score : score - 1;
}
