/** Pairs of the matrix that cannot be, and why. */
export const impossible: readonly {
  readonly serverEra: "legacy" | "modern";
  readonly kind: "http" | "sse" | "stdio";
  readonly reason: string;
}[] = [
  {
    serverEra: "modern",
    kind: "sse",
    reason: "HTTP+SSE is a transport of revision 2024-11-05; the modern era has no such thing (2026-07-28 changelog)",
  },
];
