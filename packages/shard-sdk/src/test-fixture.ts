import * as z from "zod";
import { defineShard, type Shard } from "./shard.ts";
import { ToolError } from "./tool-error.ts";
import { defineTool, type Tool, type ToolContext } from "./tool.ts";

const readOnly = { readOnlyHint: true, openWorldHint: false } as const;

/** A call of the fixture's `wait` that runs until the test lets it go. */
export interface Waiting {
  readonly context: ToolContext;
  finish(text: string): void;
  fail(error: Error): void;
}

/** A shard with one tool for each way a call can end; for the tests of this package. */
export function fixtureShard(more: { readonly check?: (signal: AbortSignal) => void | Promise<void> } = {}): {
  readonly shard: Shard;
  readonly waiting: Waiting[];
  readonly closed: string[];
} {
  const waiting: Waiting[] = [];
  const closed: string[] = [];
  const shard = defineShard({
    name: "fixture",
    version: "1.2.3",
    description: "For tests.",
    config: z.object({ GREETING: z.string().default("Hello").describe("how to greet") }),
    setup: ({ GREETING }) => ({ greet: (name: string) => `${GREETING}, ${name}!` }),
    tools: ({ greet }) => [greetTool(greet), fail, broken, waitTool(waiting)],
    ...(more.check && { checks: { service: (_, signal) => more.check?.(signal) } }),
    close: ({ greet }) => void closed.push(greet("goodbye")),
  });
  return { shard, waiting, closed };
}

const greetTool = (greet: (name: string) => string): Tool =>
  defineTool({
    name: "greet",
    description: "Greets somebody a number of times.",
    input: z.object({
      name: z.string().min(1).describe("Whom to greet"),
      times: z.int().min(1).max(3).default(1).describe("How often"),
      style: z.enum(["plain", "loud"]).optional().describe("How loud"),
    }),
    output: z.object({ greetings: z.array(z.string()), count: z.int() }),
    annotations: readOnly,
    text: ({ greetings }) => greetings.join(" "),
    run({ name, times, style }) {
      const greeting = style === "loud" ? greet(name).toUpperCase() : greet(name);
      return { greetings: Array.from({ length: times }, () => greeting), count: times };
    },
  });

const fail = defineTool({
  name: "fail",
  description: "Fails in a way the model should know of.",
  input: z.object({}),
  annotations: readOnly,
  run() {
    throw new ToolError("The lamp is off.", { next: "Turn it on first.", cause: new Error("hidden cause") });
  },
});

const broken = defineTool({
  name: "broken",
  description: "Has a bug: throws, or returns what its schema forbids.",
  input: z.object({ how: z.enum(["throw", "return"]).describe("Which bug") }),
  output: z.object({ count: z.int() }),
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: false },
  run({ how }) {
    if (how === "throw") throw new TypeError("secret detail");
    return { count: "secret value" as unknown as number };
  },
});

const waitTool = (waiting: Waiting[]): Tool =>
  defineTool({
    name: "wait",
    description: "Waits until the test lets it go, and reports progress.",
    input: z.object({ stubborn: z.boolean().default(false).describe("Whether it ignores its signal") }),
    annotations: readOnly,
    timeout: 60_000,
    run: ({ stubborn }, context) =>
      new Promise<string>((finish, reject) => {
        waiting.push({ context, finish, fail: reject });
        if (!stubborn) context.signal.addEventListener("abort", () => reject(context.signal.reason));
      }),
  });
