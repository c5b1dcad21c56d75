import { Cancellation } from "../cancellation.ts";
import type { ExchangeContext } from "../exchange.ts";
import type { PostOptions } from "../link.ts";
import { Message } from "../message.ts";
import { asQuestion, ASKED_CAPABILITY, asResponse, type Question } from "../translate/input-required.ts";

/** How an asked call reaches its upstream. */
export interface AskedCallDeps {
  /** What the client can be asked: an upstream that all share may believe in more. */
  readonly capabilities: Readonly<Record<string, unknown>>;
  /** Sends the request and hands over what comes before the response. */
  readonly send: (options: Required<Pick<PostOptions, "cancellation" | "isQuiet" | "onMessage">>) => Promise<Message>;
  /** Sends the answer to a request of the upstream's. */
  readonly answer: (response: Message) => void;
  /** Hands a notification to who waits at the moment. */
  readonly notify: (message: Message, context: ExchangeContext) => void;
}

/** Questions that come within this time of the first are put to the client with it, in milliseconds. */
const TOGETHER_MS = 10;

/** Most questions of one call that wait for an answer. */
const MAX_QUESTIONS = 32;

/**
 * One call of a legacy upstream on behalf of a modern client, which is there only now and then: the upstream's questions
 * are kept until the client comes back with the answers.
 */
export class AskedCall {
  readonly #deps: AskedCallDeps;
  readonly #cancellation = new Cancellation();
  readonly #questions = new Map<string, { readonly question: Question; readonly id: string }>();
  #count = 0;
  #context: ExchangeContext | undefined;
  #outcome: { readonly response: Message } | { readonly error: unknown } | undefined;
  #wake: (() => void) | undefined;

  constructor(deps: AskedCallDeps) {
    this.#deps = deps;
    const isQuiet = (): boolean => this.#context === undefined;
    const onMessage = (message: Message): void => this.#take(message);
    deps.send({ cancellation: this.#cancellation, isQuiet, onMessage }).then(
      (response) => this.#settle({ response }),
      (error: unknown) => this.#settle({ error }),
    );
  }

  /**
   * Waits for the next thing the client has to know: the response, or questions.
   *
   * @throws UpstreamError when there is no answer
   */
  async next(context: ExchangeContext): Promise<Message | readonly Question[]> {
    this.#context = context;
    context.cancellation.onCancel((reason) => {
      if (this.#context === context) this.cancel(reason);
    });
    try {
      if (this.#outcome === undefined && this.#questions.size === 0) await this.#event();
      // Questions that come together are put together.
      if (this.#outcome === undefined) await new Promise((resolve) => setTimeout(resolve, TOGETHER_MS));
      if (this.#outcome === undefined) return [...this.#questions.values()].map(({ question }) => question);
      if ("error" in this.#outcome) throw this.#outcome.error;
      return this.#outcome.response;
    } finally {
      this.#context = undefined;
    }
  }

  /** Passes the client's answers on, by the keys of their questions; a key that was not asked is left alone. */
  take(answers: ReadonlyMap<string, Buffer>): void {
    for (const [key, answer] of answers) {
      const asked = this.#questions.get(key);
      if (asked === undefined) continue;
      this.#questions.delete(key);
      this.#deps.answer(asResponse(asked.id, answer));
    }
  }

  /** Tells the upstream that its questions are not answered; the call goes on. */
  refuse(message: string): void {
    for (const { id } of this.#questions.values()) this.#deps.answer(Message.error(id, { code: -32603, message }));
    this.#questions.clear();
  }

  cancel(reason: Error): void {
    this.#cancellation.cancel(reason);
    this.#questions.clear();
  }

  #take(message: Message): void {
    if (!message.isRequest) {
      // Nobody is there to hear it between two rounds.
      if (this.#context !== undefined) this.#deps.notify(message, this.#context);
      return;
    }
    const id = message.id as string;
    if (message.method === "ping") return this.#deps.answer(Message.result(id, "{}"));
    const capability = ASKED_CAPABILITY.get(message.method);
    const canAnswer = capability !== undefined && Object.hasOwn(this.#deps.capabilities, capability);
    if (!canAnswer || this.#questions.size >= MAX_QUESTIONS) {
      const error = { code: -32601, message: `${message.method} is not supported in this session` };
      return this.#deps.answer(Message.error(id, error));
    }
    const key = `${capability}-${++this.#count}`;
    this.#questions.set(key, { question: asQuestion(message, key), id });
    this.#wake?.();
  }

  #settle(outcome: { readonly response: Message } | { readonly error: unknown }): void {
    this.#outcome = outcome;
    this.#questions.clear();
    this.#wake?.();
  }

  #event(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve));
  }
}
