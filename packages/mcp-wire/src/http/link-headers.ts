import type { Envelope } from "../link.ts";

/** The headers of one request to an upstream. */
export function headersOf(configured: readonly string[], { headers, passedHeaders, session }: Envelope): string[] {
  const own = passedHeaders === undefined ? configured : joined(configured, passedHeaders);
  return session === undefined ? [...own, ...headers] : [...own, ...headers, "Mcp-Session-Id", session];
}

/** Configured headers and passed ones, those of a name once. */
function joined(configured: readonly string[], passed: readonly string[]): readonly string[] {
  const names = new Set(passed.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase()));
  const kept = configured.filter((_, index) => !names.has((configured[index & ~1] as string).toLowerCase()));
  return [...kept, ...passed];
}
