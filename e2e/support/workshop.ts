// The tools that every SDK server of the tests has.

/** What a running call may know and do. */
export interface Running {
  readonly signal: AbortSignal;
  readonly notify: (progress: object) => void;
  /** Asks the person at the client for a colour; gives what the client answers. */
  readonly ask: () => Promise<unknown>;
  /** What to throw for a tool that is not there. */
  readonly unknown: Error;
}

/** A call of the tool `wait`, which runs until the test lets it go. */
export interface Waiting {
  readonly isCancelled: () => boolean;
  readonly progress: (progress: number, total: number, message: string) => void;
  readonly finish: (text: string) => void;
}

export interface Workshop {
  readonly tools: () => readonly object[];
  readonly add: (name: string) => void;
  readonly call: (name: string, args: Readonly<Record<string, unknown>>, running: Running) => Promise<object>;
  /** Calls of `wait`, in order. */
  readonly waiting: readonly Waiting[];
}

const numbers = { type: "object", properties: { a: { type: "number" }, b: { type: "number" } }, required: ["a", "b"] };
const sum = { type: "object", properties: { sum: { type: "number" } }, required: ["sum"] };

/** `add` counts, `fail` fails, `wait` waits, `ask` asks back. */
export function workshop(): Workshop {
  const more: string[] = [];
  const waiting: Waiting[] = [];
  return {
    waiting,
    add: (name) => void more.push(name),
    tools: () => [
      {
        name: "add",
        description: "Adds.",
        inputSchema: numbers,
        outputSchema: sum,
        annotations: { readOnlyHint: true },
      },
      ...["fail", "wait", "ask", ...more].map((name) => ({ name, inputSchema: { type: "object" } })),
    ],
    async call(name, args, { signal, notify, ask, unknown }) {
      if (name === "add") return counted(Number(args["a"]) + Number(args["b"]));
      if (name === "fail") return { content: [{ type: "text", text: "The lamp is off." }], isError: true };
      if (name === "ask") return { content: [{ type: "text", text: JSON.stringify(await ask()) }] };
      if (name !== "wait") throw unknown;
      const text = await new Promise<string>((finish) => {
        waiting.push({
          isCancelled: () => signal.aborted,
          progress: (progress, total, message) => notify({ progress, total, message }),
          finish,
        });
      });
      return { content: [{ type: "text", text }] };
    },
  };
}

/** What `ask` asks. */
export const question = {
  message: "Which colour?",
  requestedSchema: { type: "object", properties: { colour: { type: "string" } }, required: ["colour"] },
} as const;

const counted = (result: number): object => ({
  content: [{ type: "text", text: String(result) }],
  structuredContent: { sum: result },
});
