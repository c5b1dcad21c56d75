import { Cancellation, type ExchangeContext, type LargeAnswer, type Message } from "@shardgate/mcp-wire";
import type { Outcome } from "./call-outcome.ts";
import type { UpstreamState } from "./snapshot.ts";

/** Hears how a call ended: with a response, or with an error. */
export interface CallEnd {
  ended(call: Call, response: Message | undefined, error: unknown): void;
}

/** One request on its way to one upstream, from the snapshot it was routed by. */
export class Call implements ExchangeContext {
  /** Names the call in logs and errors. */
  readonly requestId: string;
  /** Which front it came through. */
  readonly front: string;
  readonly upstream: UpstreamState;
  /** As the upstream is to get it. */
  readonly message: Message;
  readonly cancellation = new Cancellation();
  /** Extended by each sign that the upstream is at work on the call. */
  deadline: { extend(): void; pause(): void } | undefined;
  /** How it ended, where its response does not say so. */
  outcome: Outcome | undefined;
  readonly #context: ExchangeContext;
  #joined: CallEnd[] | undefined;
  #resolve: ((response: Message) => void) | undefined;
  #reject: ((error: unknown) => void) | undefined;

  constructor(requestId: string, front: string, upstream: UpstreamState, message: Message, context: ExchangeContext) {
    this.requestId = requestId;
    this.front = front;
    this.upstream = upstream;
    this.message = message;
    this.#context = context;
    context.cancellation.onCancel((reason) => this.cancellation.cancel(reason));
  }

  get era() {
    return this.#context.era;
  }
  get version() {
    return this.#context.version;
  }
  get session() {
    return this.#context.session;
  }
  get client() {
    return this.#context.client;
  }
  get paramHeaders() {
    return this.#context.paramHeaders;
  }

  get headers() {
    return this.#context.headers;
  }
  get passedHeaders() {
    return this.upstream.passHeaders?.(this.#context.headers ?? []);
  }

  get push() {
    return this.#context.push;
  }
  /** Each part that goes out is a sign that the upstream is at work. */
  get large() {
    const { large } = this.#context;
    return large && (() => extending(large(), () => this.deadline?.extend()));
  }

  /** Has `who` hear how it ends; whoever joined last hears it first. */
  join(who: CallEnd): void {
    if (this.#joined === undefined) this.#joined = [who];
    else this.#joined.push(who);
  }

  /** Ends it with an error, whatever its upstream still does; nothing happens where it has ended. */
  fail(error: unknown): void {
    this.#end(undefined, error);
  }

  /** Goes to its upstream by way of `next`; what it gives is the one end that it has. */
  run(next: Next): Promise<Message> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      try {
        next(this).then(
          (response) => this.#end(response, undefined),
          (error: unknown) => this.#end(undefined, error),
        );
      } catch (bug) {
        // Thrown at once it would leave out whoever waits for the end.
        this.#end(undefined, bug);
      }
    });
  }

  #end(response: Message | undefined, error: unknown): void {
    const [resolve, reject] = [this.#resolve, this.#reject];
    if (resolve === undefined || reject === undefined) return;
    this.#resolve = this.#reject = undefined;
    try {
      for (let index = (this.#joined?.length ?? 0) - 1; index >= 0; index--) {
        this.#joined![index]!.ended(this, response, error);
      }
    } catch (bug) {
      return reject(bug);
    }
    if (response === undefined) reject(error);
    else resolve(response);
  }

  notify(message: Message): void {
    this.deadline?.extend();
    this.#context.notify(message);
  }

  /** While the downstream is asked, which may be a person, the upstream owes nothing. */
  async request(message: Message): Promise<Message> {
    this.deadline?.pause();
    try {
      return await this.#context.request(message);
    } finally {
      this.deadline?.extend();
    }
  }
}

function extending(answer: LargeAnswer | undefined, extend: () => void): LargeAnswer | undefined {
  return (
    answer && {
      write(chunk) {
        extend();
        answer.write(chunk);
      },
      get isFull() {
        return answer.isFull;
      },
      get isGone() {
        return answer.isGone;
      },
      onDrain: (listener) => answer.onDrain(listener),
      end: () => answer.end(),
      fail: () => answer.fail(),
    }
  );
}

export type Next = (call: Call) => Promise<Message>;

/**
 * One concern around every call. What only has to know how it ends joins the call instead of waiting for `next`, which
 * would cost every call a promise.
 */
export type Interceptor = (call: Call, next: Next) => Promise<Message>;

/** Puts interceptors around `last`; the first of the list is outermost. */
export function compose(interceptors: readonly Interceptor[], last: Next): Next {
  const chain = interceptors.reduceRight<Next>((next, interceptor) => (call) => interceptor(call, next), last);
  return (call) => call.run(chain);
}
