// What Open WebUI makes of every shape through the gateway: one table for its model and for the real one.
import { LONG_NAME } from "./shapes.ts";
import type { Json } from "./model/outcome.ts";

export interface Expected {
  /** What the language model gets; of an object, as JSON. */
  readonly text: string | Json | RegExp;
  readonly failed?: boolean;
  readonly images?: number;
  readonly embeds?: number;
}

/** Each way to connect: the two releases over MCP, and 0.12.4 over OpenAPI. */
export interface Row {
  readonly tool: string;
  readonly args?: Json;
  /** Where they differ from `args`. */
  readonly openApiArgs?: Json;
  readonly mcp: Expected;
  readonly mcpOld?: Expected;
  readonly openApi?: Expected;
}

const same = (tool: string, text: Expected["text"], more: Partial<Expected> = {}): Row => ({
  tool,
  mcp: { text, ...more },
});
const failure = (text: string): Expected => ({ text: { error: text }, failed: true });
const httpFailure = (message: string): Expected =>
  failure(`HTTP error 500: ${JSON.stringify({ detail: { message } })}`);

const image = "An image (image/png), which is shown beside this text.";

export const rows: readonly Row[] = [
  same("plain", "The lamp is on."),
  same("json_text", { on: true }),
  same("two_texts", { results: ["one", 2] }),
  same("structured_only", { sum: 42 }),
  same("structured_same", { sum: 42 }),
  {
    tool: "structured_differs",
    mcp: { text: { results: [42, { sum: 42 }] } },
    // As mcpo has it: texts stand for the result.
    openApi: { text: "42" },
  },
  {
    tool: "picture",
    mcp: { text: image, images: 1 },
    mcpOld: { text: image },
    openApi: { text: /Image file read successfully/, images: 1 },
  },
  {
    tool: "sound",
    mcp: { text: "A sound (audio/wav), which the user can play." },
    openApi: { text: /^data:audio\/wav;base64,/ },
  },
  same("resource_text", "A note"),
  {
    tool: "resource_picture",
    mcp: { text: image, images: 1 },
    openApi: { text: /Image file read successfully/, images: 1 },
  },
  { tool: "card", mcp: { text: "<h1>Routes</h1>" }, openApi: { text: /Embedded UI result is active/, embeds: 1 } },
  {
    tool: "link",
    mcp: { text: "Manual: test://manual" },
    openApi: { text: { type: "resource_link", uri: "test://manual", name: "Manual" } },
  },
  { tool: "empty", mcp: { text: "Done; the tool had nothing to say." }, openApi: { text: { results: [] } } },
  {
    tool: "fails",
    mcp: failure("The lamp is off.\nSwitch it on."),
    // This release shows the blocks as Python writes them.
    mcpOld: { text: /The lamp is off\..*Switch it on\./s, failed: true },
    openApi: httpFailure("The lamp is off.\nSwitch it on."),
  },
  {
    tool: "refuses",
    mcp: failure("The house is locked"),
    openApi: httpFailure("The house is locked"),
  },
  {
    tool: "order",
    args: { size: "small", count: 2, stray: 1 },
    mcp: { text: { size: "small", count: 2, stray: 1 } },
    // What the schema does not name is removed before it leaves.
    mcpOld: { text: { size: "small", count: 2 } },
    openApi: { text: { size: "small", count: 2 } },
  },
  {
    tool: "free_form",
    args: { a: 1 },
    openApiArgs: { arguments: { a: 1 } },
    mcp: { text: { a: 1 } },
    mcpOld: { text: {} },
  },
  same("big", /^x{1572864}$/),
  same(LONG_NAME, "All is well."),
];
