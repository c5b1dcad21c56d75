/**
 * The candidates that `word` was probably meant to be, best first: those a few typing errors away, and those that
 * contain it or are contained in it. Upper and lower case count as equal.
 *
 * @param limit most to return
 */
export function nearest(word: string, candidates: Iterable<string>, limit = 3): string[] {
  const wanted = word.toLowerCase();
  if (wanted.length === 0 || wanted.length > MAX_LENGTH) return [];
  const scored: { readonly candidate: string; readonly score: number }[] = [];
  for (const candidate of candidates) {
    const score = distance(wanted, candidate.toLowerCase());
    if (score <= Math.max(2, Math.floor(wanted.length / 4))) scored.push({ candidate, score });
    else if (overlaps(wanted, candidate.toLowerCase())) scored.push({ candidate, score: 2 + score / 100 });
  }
  scored.sort((a, b) => a.score - b.score || (a.candidate < b.candidate ? -1 : 1));
  return scored.slice(0, limit).map(({ candidate }) => candidate);
}

/** Longer words are no typing errors, and the table below grows with the square. */
const MAX_LENGTH = 64;

function overlaps(a: string, b: string): boolean {
  return Math.min(a.length, b.length) >= 3 && (a.includes(b) || b.includes(a));
}

/** Typing errors between two words: characters to insert, delete, replace, or swap with their neighbour (Damerau-Levenshtein). */
function distance(a: string, b: string): number {
  if (b.length > MAX_LENGTH) return Infinity;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row[j] = Math.min(last[j]! + 1, row[j - 1]! + 1, replaced);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) row[j] = Math.min(row[j]!, beforeLast[j - 2]! + 1);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length]!;
}
