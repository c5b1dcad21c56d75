// The ways through the gateway that the suites take: every kind and era of upstream, at both addresses.
import { fileURLToPath } from "node:url";
import type { RunningFixture } from "../fixture/serve-http.ts";

/** An upstream, and how the fixture is served for it. */
export interface Way {
  readonly id: string;
  /** Era that the gateway speaks with it. */
  readonly era: "legacy" | "modern";
  /** Whether a client of its era is relayed to it over streamable HTTP. */
  readonly overHttp: boolean;
  readonly definition: (fixtures: Fixtures) => object;
}

/** The fixture as HTTP servers of one era each. */
export interface Fixtures {
  readonly legacy: RunningFixture;
  readonly modern: RunningFixture;
}

const stdioProgram = fileURLToPath(new URL("../fixture/stdio.ts", import.meta.url));
const stdio = (era: string) => ({ kind: "stdio", command: process.execPath, args: [stdioProgram, "new", era] });

export const ways: readonly Way[] = [
  {
    id: "mcp-http, legacy",
    era: "legacy",
    overHttp: true,
    definition: ({ legacy }) => ({ kind: "mcp-http", url: legacy.url }),
  },
  {
    id: "mcp-http, modern",
    era: "modern",
    overHttp: true,
    definition: ({ modern }) => ({ kind: "mcp-http", url: modern.url }),
  },
  {
    id: "sse",
    era: "legacy",
    overHttp: false,
    definition: ({ legacy }) => ({ kind: "sse", url: legacy.sseUrl }),
  },
  { id: "stdio, legacy", era: "legacy", overHttp: false, definition: () => stdio("legacy") },
  { id: "stdio, modern", era: "modern", overHttp: false, definition: () => stdio("modern") },
];

/** The fixture's upstream in each gateway. */
export const UPSTREAM = "fixture";

export const addresses = ["/servers/<name>/mcp", "/mcp"] as const;
export type Address = (typeof addresses)[number];

export const pathOf = (address: Address): string => address.replace("<name>", UPSTREAM);
