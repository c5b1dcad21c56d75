/** The middle value; of an even number of values the mean of the two middle ones. NaN for none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  if (sorted.length === 0) return Number.NaN;
  return Number.isInteger(middle) ? (sorted[middle - 1]! + sorted[middle]!) / 2 : sorted[Math.floor(middle)]!;
}

/** For reports. */
export function rounded(value: number | undefined, digits: number): number | undefined {
  return value === undefined ? undefined : Number(value.toFixed(digits));
}

/** The entries whose value is a number, as an object. */
export function numbersOf(entries: readonly (readonly [string, unknown])[]): Record<string, number> {
  const numbers: Record<string, number> = {};
  for (const [key, value] of entries) if (typeof value === "number") numbers[key] = value;
  return numbers;
}
