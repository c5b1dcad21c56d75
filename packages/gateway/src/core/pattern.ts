/** Says whether a text is one of the patterns, in which `*` stands for any characters. Takes time in proportion to the text. */
export function matcher(patterns: readonly string[]): (text: string) => boolean {
  const split = patterns.map((pattern) => pattern.split("*"));
  return (text) => split.some((parts) => matches(parts, text));
}

/** The parts between the stars, each as early as it can be. */
function matches(parts: readonly string[], text: string): boolean {
  const [first = "", ...rest] = parts;
  const last = rest.pop();
  if (last === undefined) return text === first;
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false;
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= text.length - last.length;
}
