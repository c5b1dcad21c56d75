// A client by hand: every byte of it is ours, and it trusts nothing that an SDK would put right.
import type { Json } from "../fixture/surface.ts";
import { LEGACY, MODERN } from "../support/rpc-client.ts";
import { answerTo, clientInfo, declared, RpcError, type Heard, type Peer, type RequestOptions } from "./peer.ts";

interface Message {
  readonly id?: unknown;
  readonly method?: string;
  readonly params?: Json;
  readonly result?: Json;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

const ACCEPT = "application/json, text/event-stream";
const PATIENCE_MS = 10_000;
const MOST_ROUNDS = 5;

class RawPeer {
  readonly heard: Heard[] = [];
  readonly asked: Heard[] = [];
  readonly #url: string;
  readonly #end = new AbortController();
  #headers: Record<string, string> = {};
  #ids = 0;

  constructor(url: string) {
    this.#url = url;
  }

  async initialize(): Promise<Json> {
    const params = { protocolVersion: LEGACY, capabilities: declared, clientInfo };
    const response = await this.#post({ id: this.#ids, method: "initialize", params }, {});
    const session = response.headers.get("mcp-session-id");
    this.#headers = { "MCP-Protocol-Version": LEGACY, ...(session !== null && { "Mcp-Session-Id": session }) };
    const result = await this.#answerIn(response, this.#ids, undefined);
    await (await this.#post({ method: "notifications/initialized" })).body?.cancel();
    await this.#openStream();
    return result;
  }

  /** The stream on which a legacy server speaks outside of calls. */
  async #openStream(): Promise<void> {
    const headers = { ...this.#headers, Accept: "text/event-stream" };
    const response = await fetch(this.#url, { headers, signal: this.#end.signal });
    if (!response.ok) throw new Error(`GET was answered with ${response.status}`);
    void this.#read(response, () => false).catch(() => undefined);
  }

  async legacy(method: string, params: Json = {}, { signal, onProgress }: RequestOptions = {}): Promise<Json> {
    const id = ++this.#ids;
    const meta = { ...(params["_meta"] as object | undefined), ...(onProgress && { progressToken: `p${id}` }) };
    const sent = { ...params, ...(Object.keys(meta).length > 0 && { _meta: meta }) };
    const cancel = (): void => {
      void this.#post({ method: "notifications/cancelled", params: { requestId: id, reason: "test" } }).then(
        (response) => response.body?.cancel(),
      );
    };
    signal?.addEventListener("abort", cancel);
    const response = await this.#post({ id, method, params: sent }, this.#headers, signal);
    return this.#answerIn(response, id, onProgress);
  }

  async modern(method: string, params: Json = {}, options: RequestOptions = {}): Promise<Json> {
    let more: Json = {};
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const result = await this.#round(method, { ...params, ...more }, options);
      if (result["resultType"] !== "input_required") return result;
      const questions = Object.entries((result["inputRequests"] ?? {}) as Record<string, Heard>);
      this.asked.push(
        ...questions.map(([, { method: asked, params: about = {} }]) => ({ method: asked, params: about })),
      );
      const responses = questions.map(([name, { method: asked, params: about = {} }]) => [
        name,
        answerTo(asked, about),
      ]);
      const { requestState } = result;
      more = { inputResponses: Object.fromEntries(responses), ...(requestState !== undefined && { requestState }) };
    }
    throw new Error(`${method} still wants input after ${MOST_ROUNDS} rounds`);
  }

  async #round(method: string, params: Json, { signal, onProgress }: RequestOptions): Promise<Json> {
    const id = ++this.#ids;
    const message = this.#modernRequest(id, method, params, onProgress && { progressToken: `p${id}` });
    const response = await this.#post(message, modernHeaders(method, params), signal);
    return this.#answerIn(response, id, onProgress);
  }

  #modernRequest(id: number, method: string, params: Json, more: object = {}): Message {
    const envelope = {
      "io.modelcontextprotocol/protocolVersion": MODERN,
      "io.modelcontextprotocol/clientInfo": clientInfo,
      "io.modelcontextprotocol/clientCapabilities": declared,
    };
    return { id, method, params: { ...params, _meta: { ...(params["_meta"] as object), ...more, ...envelope } } };
  }

  /** Opens `subscriptions/listen` and waits for its acknowledgement. */
  async listen(uri: string): Promise<void> {
    const notifications = {
      toolsListChanged: true,
      promptsListChanged: true,
      resourcesListChanged: true,
      resourceSubscriptions: [uri],
    };
    const method = "subscriptions/listen";
    const message = this.#modernRequest(++this.#ids, method, { notifications });
    const response = await this.#post(message, modernHeaders(method, {}));
    const acknowledged = Promise.withResolvers<void>();
    const reading = this.#read(response, ({ method: said, error }) => {
      if (error !== undefined) acknowledged.reject(new RpcError(error.code, error.message, error.data));
      if (said === "notifications/subscriptions/acknowledged") acknowledged.resolve();
      return false;
    });
    reading.catch(() => undefined).finally(() => acknowledged.reject(new Error("the stream ended")));
    await acknowledged.promise;
  }

  async stop(): Promise<void> {
    this.#end.abort();
    if (this.#headers["Mcp-Session-Id"] !== undefined) {
      await fetch(this.#url, { method: "DELETE", headers: this.#headers }).catch(() => undefined);
    }
  }

  #post(message: Message, headers: Readonly<Record<string, string>> = this.#headers, signal?: AbortSignal) {
    const ends = [this.#end.signal, ...(signal === undefined ? [] : [signal])];
    return fetch(this.#url, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: ACCEPT, ...headers },
      body: JSON.stringify({ jsonrpc: "2.0", ...message }),
      signal: AbortSignal.any(ends),
    });
  }

  async #answerIn(response: Response, id: number, onProgress: RequestOptions["onProgress"]): Promise<Json> {
    const answer = Promise.withResolvers<Message>();
    const timer = setTimeout(() => answer.reject(new Error(`no answer to ${id}`)), PATIENCE_MS);
    const reading = this.#read(response, (message) => {
      if (message.method === "notifications/progress") onProgress?.(message.params ?? {});
      if (message.method !== undefined || message.id !== id) return false;
      answer.resolve(message);
      return true;
    });
    reading.then(() => answer.reject(new Error(`HTTP ${response.status} without an answer`)), answer.reject);
    try {
      const { error, result = {} } = await answer.promise;
      if (error !== undefined) throw new RpcError(error.code, error.message, error.data);
      return result;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Reads a response to its end, or until `take` says that it has what it wanted. */
  async #read(response: Response, take: (message: Message) => boolean): Promise<void> {
    if (!response.headers.get("content-type")?.startsWith("text/event-stream")) {
      const text = await response.text();
      if (text.trim() !== "") take(JSON.parse(text) as Message);
      return;
    }
    let rest = "";
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      const events = (rest + chunk).split(/\r?\n\r?\n/);
      rest = events.pop() as string;
      for (const event of events) {
        const data = event.split(/\r?\n/).flatMap((line) => (line.startsWith("data:") ? [line.slice(5).trim()] : []));
        if (data.length === 0 || data[0] === "") continue;
        const message = JSON.parse(data.join("\n")) as Message;
        this.#note(message);
        if (take(message)) return;
      }
    }
  }

  #note({ id, method, params = {} }: Message): void {
    if (method === undefined || method === "notifications/progress") return;
    if (id === undefined) return void this.heard.push({ method, params });
    this.asked.push({ method, params });
    // A question of a legacy server is answered with a POST of its own.
    void this.#post({ id, result: answerTo(method, params) }).then((response) => response.body?.cancel());
  }
}

function modernHeaders(method: string, params: Json): Record<string, string> {
  const name = method === "resources/read" ? params["uri"] : params["name"];
  const args = (params["arguments"] ?? {}) as Json;
  return {
    "MCP-Protocol-Version": MODERN,
    "Mcp-Method": method,
    ...(typeof name === "string" && { "Mcp-Name": name }),
    // The one argument of the fixture's tools that is wanted in a header too.
    ...(typeof args["region"] === "string" && { "Mcp-Param-Region": args["region"] }),
  };
}

export async function connectRawLegacy(url: string): Promise<Peer> {
  const raw = new RawPeer(url);
  const { instructions, capabilities } = (await raw.initialize()) as { instructions?: string; capabilities: Json };
  const request: Peer["request"] = (method, params, options) => raw.legacy(method, params, options);
  return {
    era: "legacy",
    instructions,
    capabilities,
    request,
    heard: raw.heard,
    asked: raw.asked,
    listen: async (uri) => void (await request("resources/subscribe", { uri })),
    stop: () => raw.stop(),
  };
}

export async function connectRawModern(url: string): Promise<Peer> {
  const raw = new RawPeer(url);
  const { instructions, capabilities } = (await raw.modern("server/discover")) as {
    instructions?: string;
    capabilities: Json;
  };
  return {
    era: "modern",
    instructions,
    capabilities,
    request: (method, params, options) => raw.modern(method, params, options),
    heard: raw.heard,
    asked: raw.asked,
    listen: (uri) => raw.listen(uri),
    stop: () => raw.stop(),
  };
}
