// Clients that call without a pause, and what became of each call.
import { Agent } from "node:http";
import type { RawAnswer } from "./raw-client.ts";
import { callModern, openSession } from "./rpc-client.ts";

export interface Outcome {
  /** The argument `call` of this call, never used twice. */
  readonly call: string;
  /** The text of the tool's result; undefined where there was none. */
  readonly text: string | undefined;
  /** Why there was none: the code of a JSON-RPC error, or the code of a connection's error. */
  readonly failure: number | string | undefined;
  /** Whether the upstream may have run it, as its error says; undefined where no error of the gateway's came. */
  readonly sent?: boolean | undefined;
  /** In milliseconds. */
  readonly ms: number;
}

export interface Load {
  readonly outcomes: readonly Outcome[];
  /** Lets the calls under way end. */
  readonly end: () => Promise<readonly Outcome[]>;
}

export interface LoadOptions {
  readonly clients?: number;
  readonly era?: "legacy" | "modern";
  /** Pause after each call, in milliseconds. */
  readonly pause?: number;
  /** Arguments of a call; `{call: <id>}` unless given. */
  readonly args?: Readonly<Record<string, unknown>>;
}

let loads = 0;

/** Keeps calling a tool until told to end, or until connections are refused. */
export async function keepCalling(
  url: string,
  tool: string,
  { clients = 4, era = "modern", pause = 5, args: given }: LoadOptions = {},
): Promise<Load> {
  const outcomes: Outcome[] = [];
  const agent = new Agent({ keepAlive: true });
  const name = `load-${++loads}`;
  let calls = 0;
  const ending = new AbortController();

  async function client(): Promise<void> {
    const session = era === "legacy" ? await openSession(url) : undefined;
    const within = 60_000;
    while (!ending.signal.aborted) {
      const call = `${name}-${++calls}`;
      const args = given ?? { call };
      const outcome = await outcomeOf(call, () =>
        session === undefined
          ? callModern(url, tool, args, { agent, within })
          : session.call(tool, args, { agent, within }),
      );
      outcomes.push(outcome);
      if (outcome.failure === "ECONNREFUSED") return;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }

  const all = Promise.all(Array.from({ length: clients }, client));
  return {
    outcomes,
    async end() {
      ending.abort();
      await all;
      agent.destroy();
      return outcomes;
    },
  };
}

/** Makes one call and says what became of it; never throws. */
export async function outcomeOf(call: string, make: () => Promise<RawAnswer>): Promise<Outcome> {
  const started = performance.now();
  const ms = () => performance.now() - started;
  try {
    const { result, error } = (await make()).json();
    const [content] = (result?.["content"] as { text: string }[] | undefined) ?? [];
    const sent = error?.data?.["sent"] as boolean | undefined;
    return { call, text: content?.text, failure: error?.code, sent, ms: ms() };
  } catch (error) {
    return { call, text: undefined, failure: (error as { code?: string }).code ?? String(error), ms: ms() };
  }
}

/** What a call takes by itself, in milliseconds: the others waited for a machine that is busy with the other tests. */
export const fastest = (outcomes: readonly Outcome[]): number => Math.min(...outcomes.map(({ ms }) => ms));
