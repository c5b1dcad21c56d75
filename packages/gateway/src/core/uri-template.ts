/**
 * True where a URI may come from an RFC 6570 template: its literal parts are there, in their order, and each expression
 * stands for any text. Takes time in proportion to the two lengths, whatever the template says.
 *
 * @returns how many characters of the URI the template fixes; undefined where it does not match
 */
export function matchTemplate(template: string, uri: string): number | undefined {
  const literals = template.split(/\{[^{}]*\}/);
  const first = literals[0] as string;
  const last = literals.at(-1) as string;
  if (literals.length === 1) return template === uri ? uri.length : undefined;
  if (!uri.startsWith(first) || !uri.endsWith(last) || uri.length < first.length + last.length) return undefined;
  let at = first.length;
  const end = uri.length - last.length;
  // The leftmost place of each literal leaves most room for the next one, so no other needs to be tried.
  for (const literal of literals.slice(1, -1)) {
    const found = uri.indexOf(literal, at);
    if (found < 0 || found + literal.length > end) return undefined;
    at = found + literal.length;
  }
  return literals.reduce((sum, literal) => sum + literal.length, 0);
}
