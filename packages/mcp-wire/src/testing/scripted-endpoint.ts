import type { Endpoint, ExchangeContext, ListKind, ResourceWatch } from "../exchange.ts";
import { Message } from "../message.ts";

/** One call that reached the endpoint, to be answered by the test. */
export interface ScriptedCall {
  readonly message: Message;
  readonly context: ExchangeContext;
  /** Answers with a result, as JSON text. */
  readonly answer: (result?: string) => void;
  /** Answers with an error, as JSON text. */
  readonly error: (error: string) => void;
  readonly fail: (error: Error) => void;
}

/**
 * An endpoint whose answers a test gives. Tools called `now` answer at once with what they were asked, `bug` throws what
 * no layer documents, all else waits for {@link ScriptedEndpoint.call}.
 */
export class ScriptedEndpoint implements Endpoint {
  readonly notified: string[] = [];
  readonly #calls: ScriptedCall[] = [];
  readonly #waiting: ((call: ScriptedCall) => void)[] = [];
  readonly #listeners = new Set<(list: ListKind) => void>();

  describe() {
    return { serverInfo: '{"name":"house","version":"1.0"}', capabilities: '{"tools":{}}', instructions: "Be kind." };
  }

  exchange = async (message: Message, context: ExchangeContext): Promise<Message> => {
    if (message.name === "now") return Message.result(message.id as string, '{"n":1.0}');
    if (message.name === "bug") throw new TypeError("secret detail");
    const { promise, resolve, reject } = Promise.withResolvers<Message>();
    const answer = (result = "{}") => resolve(Message.result(message.id as string, result));
    const error = (text: string) =>
      resolve(Message.parse(Buffer.from(`{"jsonrpc":"2.0","id":${message.id},"error":${text}}`)));
    const call = { message, context, answer, error, fail: reject };
    const waiter = this.#waiting.shift();
    if (waiter === undefined) this.#calls.push(call);
    else waiter(call);
    return promise;
  };

  notify(message: Message): void {
    this.notified.push(message.method);
  }

  onListChanged(listener: (list: ListKind) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Watches those that begin with `file:`. */
  async watchResources(uris: readonly string[], onUpdated: (uri: string) => void): Promise<ResourceWatch> {
    const watched = uris.filter((uri) => uri.startsWith("file:"));
    const watcher = (uri: string): void => {
      if (watched.includes(uri)) onUpdated(uri);
    };
    this.watchers.add(watcher);
    return { uris: watched, stop: () => this.watchers.delete(watcher) };
  }

  readonly watchers = new Set<(uri: string) => void>();

  /** Tells everyone who listens that a list changed. */
  change(list: ListKind): void {
    for (const listener of this.#listeners) listener(list);
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  /** The next call that nobody answered yet. */
  async call(): Promise<ScriptedCall> {
    const call = this.#calls.shift();
    return call ?? new Promise((resolve) => this.#waiting.push(resolve));
  }
}
