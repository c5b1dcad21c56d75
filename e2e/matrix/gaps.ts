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

const NEWS = "a resource that changes, and lists that change, are announced";
const LOGS = "log messages of a call, from the level that the client set, to nobody else";
const PROMPT_ASKS = "a prompt that asks first";
const asking = [
  "sampling",
  "elicitation by form",
  "elicitation by URL",
  "roots",
  "several questions at once, and one after another with a sealed state",
  PROMPT_ASKS,
];
const caching = "how long a list or a resource may be kept, and for whom";
const reading = [
  "resources are listed and read",
  "resource templates are listed and read",
  "prompts are listed and got",
];

const gap = (reason: string, features: readonly string[], where: (cell: Cell) => boolean): Gap => ({
  reason,
  covers: (cell) => cell.route !== "without the gateway" && features.includes(cell.feature) && where(cell),
});
const amongAll = ({ route }: Cell): boolean => route === "among all";
const legacyToModern = ({ clientEra, serverEra }: Cell): boolean => clientEra === "legacy" && serverEra === "modern";
const modernToLegacy = ({ clientEra, serverEra }: Cell): boolean => clientEra === "modern" && serverEra === "legacy";

/** What is not built yet. */
export const gaps: readonly Gap[] = [
  gap("what an upstream announces", [NEWS], () => true),
  gap(
    "resources, prompts and completion among all",
    [
      ...reading,
      "an unknown resource is an error that names it",
      PROMPT_ASKS,
      "completion of a prompt's and of a template's argument",
      caching,
      "instructions, extensions and methods of the server's own, at its own address",
    ],
    amongAll,
  ),
  gap("log levels among all", [LOGS], (cell) => amongAll(cell) && cell.clientEra === "legacy"),
  gap(
    "questions, log levels and mirrored arguments of a modern upstream for a legacy client",
    [...asking, LOGS, "arguments that a header mirrors"],
    legacyToModern,
  ),
  gap("questions of a legacy upstream for a modern client", asking, modernToLegacy),
  gap("log levels of a legacy upstream for a modern client", [LOGS], modernToLegacy),
  gap("how long a legacy upstream's results may be kept", [caching], modernToLegacy),
  gap(
    "how long a legacy upstream's results may be kept, without which this client refuses them",
    reading,
    (cell) => modernToLegacy(cell) && cell.client === "the new SDK, modern",
  ),
];
