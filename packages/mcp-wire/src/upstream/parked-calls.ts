import { randomBytes } from "node:crypto";
import type { ExchangeContext } from "../exchange.ts";
import { Message } from "../message.ts";
import { inputRequired, readRetry } from "../translate/input-required.ts";
import { StateSeal } from "../translate/request-state.ts";
import { RpcCode } from "../wire-error.ts";
import type { AskedCall } from "./asked-call.ts";

/** Most calls of one upstream that wait for their client to come back. */
const MAX_PARKED = 64;

/** A client that does not come back within this time, in milliseconds, has given the call up. */
const TTL_MS = 10 * 60_000;

/**
 * Calls of a legacy upstream that asked something of a modern client: the client gets the questions and a sealed ticket,
 * and comes back with the answers and the ticket, which counts for the same request of the same client only.
 */
export class ParkedCalls {
  readonly #seal = new StateSeal(() => performance.now());
  readonly #parked = new Map<string, { readonly call: AskedCall; readonly timer: NodeJS.Timeout }>();

  get size(): number {
    return this.#parked.size;
  }

  /**
   * Serves one round of a call: the first, for which `start` begins it, or one that brings answers.
   *
   * @returns the upstream's response, with the id it gave, or the questions for the client
   * @throws UpstreamError when the upstream gives no answer
   */
  async serve(message: Message, context: ExchangeContext, start: () => AskedCall): Promise<Message> {
    const { answers, state } = readRetry(message);
    const caller = JSON.stringify(context.client.clientInfo ?? null);
    if (state === undefined) return this.#round(message, context, caller, start());
    const ticket = this.#seal.open(state, message, caller);
    const parked = ticket === undefined ? undefined : this.#parked.get(ticket);
    if (ticket === undefined || parked === undefined) {
      const text = "Invalid params: requestState is not valid for this request, or too old; call again without it";
      return Message.error(message.id, { code: RpcCode.invalidParams, message: text });
    }
    clearTimeout(parked.timer);
    this.#parked.delete(ticket);
    parked.call.take(answers);
    return this.#round(message, context, caller, parked.call);
  }

  /** Ends every call that waits. */
  close(): void {
    for (const { call, timer } of this.#parked.values()) {
      clearTimeout(timer);
      call.cancel(new Error("the upstream is closed"));
    }
    this.#parked.clear();
  }

  async #round(message: Message, context: ExchangeContext, caller: string, call: AskedCall): Promise<Message> {
    for (;;) {
      const next = await call.next(context);
      if (next instanceof Message) return next;
      if (this.#parked.size < MAX_PARKED) return this.#park(message, caller, call, next);
      call.refuse(`${MAX_PARKED} calls wait for an answer of their clients already`);
    }
  }

  #park(message: Message, caller: string, call: AskedCall, questions: Parameters<typeof inputRequired>[1]): Message {
    const ticket = randomBytes(18).toString("base64url");
    const timer = setTimeout(() => {
      this.#parked.delete(ticket);
      call.cancel(new Error("the client did not come back with an answer"));
    }, TTL_MS);
    timer.unref();
    this.#parked.set(ticket, { call, timer });
    return inputRequired(message.id as string, questions, this.#seal.seal(ticket, message, caller, TTL_MS));
  }
}
