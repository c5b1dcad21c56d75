// Cells of the matrix that are not green, and why. A gap that works by now fails its test.

export interface Cell {
  readonly client: string;
  readonly clientEra: "legacy" | "modern";
  readonly server: string;
  readonly serverEra: "legacy" | "modern";
  readonly kind: "http" | "sse" | "stdio";
  readonly route: "at its own address" | "among all" | "without the gateway";
  readonly feature: string;
}

export interface Gap {
  readonly covers: (cell: Cell) => boolean;
  readonly reason: string;
}

/** What no gateway can do. */
export const impossible: readonly Gap[] = [
  {
    covers: ({ serverEra, kind }) => serverEra === "modern" && kind === "sse",
    reason: "HTTP+SSE is a transport of 2024-11-05; the modern era has no such thing",
  },
];

/** What is not built yet. */
export const gaps: readonly Gap[] = [];
