/** Go's strconv.ParseBool. */
export function readBool(text: string): boolean | undefined {
  if (["1", "t", "T", "TRUE", "true", "True"].includes(text)) return true;
  if (["0", "f", "F", "FALSE", "false", "False"].includes(text)) return false;
  return undefined;
}

/** Go's strconv.ParseInt in base 10 for 64 bits; beyond 2^53 a bigint. */
export function readInteger(text: string): number | bigint | undefined {
  if (!/^[-+]?[0-9]+$/.test(text)) return undefined;
  const value = BigInt(text.replace(/^\+/, ""));
  if (value < -(2n ** 63n) || value >= 2n ** 63n) return undefined;
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}

/** A duration as Traefik reads it, seconds or Go units; comes back with a unit (`30` is `30s`). */
export function readDuration(text: string): string | undefined {
  if (readInteger(text) !== undefined) return `${text.replace(/^\+/, "")}s`;
  return /^[-+]?(0|((\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h))+)$/.test(text) ? text : undefined;
}
