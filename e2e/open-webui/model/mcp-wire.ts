// Open WebUI's own MCP client: one exchange with one server, as the Python SDK in it does it (openwebui §1.3).
import { LEGACY, MODERN, modernHeaders } from "../../support/rpc-client.ts";
import { isJson, type Json, type Release } from "./outcome.ts";

/** Longest event that the SDK in 0.12.4 takes, in bytes. */
const MAX_EVENT = 1 << 20;
const PATIENCE_MS = 10_000;

/** What a person makes of a form; undefined where nobody is at the page. */
export type OnForm = (form: Json) => Json;

interface Message {
  readonly id?: unknown;
  readonly method?: string;
  readonly params?: Json;
  readonly result?: Json;
  readonly error?: { readonly code: number; readonly message: string };
}

export interface WireSettings {
  readonly key?: string;
  /** Headers that say who asks, which are sent with every request of the exchange. */
  readonly identity?: Readonly<Record<string, string>>;
  /** The message of the chat that it answers. */
  readonly chatMessage?: string | undefined;
  readonly onForm?: OnForm | undefined;
}

export class McpWire {
  /** What was sent, in order; of an answer to a question, `answer`. */
  readonly sent: string[] = [];
  readonly #url: string;
  readonly #key: string;
  readonly #identity: Readonly<Record<string, string>>;
  readonly #chatMessage: string;
  readonly #onForm: OnForm | undefined;
  #era: "legacy" | "modern" = "legacy";
  #session: string | undefined;
  #ids = 0;
  #isShaken = false;

  constructor(url: string, settings: WireSettings = {}) {
    const { key = "", identity = {}, chatMessage = "message-1", onForm } = settings;
    this.#url = url;
    this.#key = key;
    this.#identity = identity;
    this.#chatMessage = chatMessage;
    this.#onForm = onForm;
  }

  /** Finds the era, shakes hands. @returns the instructions @throws Error: "Failed to connect to MCP server" */
  async connect(release: Release): Promise<string | undefined> {
    if (release !== "0.11.4") {
      const found = await this.#modern("server/discover", {}).catch(() => undefined);
      if (((found?.["supportedVersions"] ?? []) as string[]).includes(MODERN)) {
        this.#era = "modern";
        return found?.["instructions"] as string | undefined;
      }
    }
    const clientInfo = { name: "mcp", version: "0.1.0" };
    const params = { protocolVersion: LEGACY, capabilities: this.#capabilities(), clientInfo };
    const { instructions } = await this.request("initialize", params);
    this.#isShaken = true;
    await (await this.#post({ method: "notifications/initialized" }, this.#legacyHeaders())).body?.cancel();
    return instructions as string | undefined;
  }

  request(method: string, params: Json = {}): Promise<Json> {
    return this.#era === "modern" ? this.#rounds(method, params) : this.#legacy(method, params);
  }

  async close(): Promise<void> {
    if (this.#session === undefined) return;
    this.sent.push("DELETE");
    await fetch(this.#url, { method: "DELETE", headers: { ...this.#common(), ...this.#legacyHeaders() } });
  }

  /** With the questions that come instead of a result answered. */
  async #rounds(method: string, params: Json): Promise<Json> {
    const result = await this.#modern(method, params);
    if (result["resultType"] !== "input_required") return result;
    const asked = Object.entries(result["inputRequests"] as Record<string, Message>);
    const inputResponses = Object.fromEntries(asked.map(([name, { params: form = {} }]) => [name, this.#answer(form)]));
    const { requestState } = result;
    return this.#rounds(method, { ...params, inputResponses, ...(requestState !== undefined && { requestState }) });
  }

  async #modern(method: string, params: Json): Promise<Json> {
    const id = ++this.#ids;
    const _meta = {
      "io.modelcontextprotocol/protocolVersion": MODERN,
      "io.modelcontextprotocol/clientInfo": { name: "mcp", version: "0.1.0" },
      "io.modelcontextprotocol/clientCapabilities": this.#capabilities(),
    };
    const headers = modernHeaders(method, params["name"] as string | undefined);
    return this.#answerIn(await this.#post({ id, method, params: { ...params, _meta } }, headers), id);
  }

  async #legacy(method: string, params: Json): Promise<Json> {
    const id = ++this.#ids;
    const response = await this.#post({ id, method, params }, this.#legacyHeaders());
    this.#session ??= response.headers.get("mcp-session-id") ?? undefined;
    return this.#answerIn(response, id);
  }

  #capabilities(): Json {
    return this.#onForm === undefined ? {} : { elicitation: { form: {}, url: {} } };
  }

  #answer(form: Json): Json {
    if (this.#onForm === undefined) throw new Error("Client does not support form elicitation.");
    return { action: "accept", content: this.#onForm(form) };
  }

  #legacyHeaders(): Record<string, string> {
    if (!this.#isShaken) return {};
    return {
      "MCP-Protocol-Version": LEGACY,
      ...(this.#session !== undefined && { "Mcp-Session-Id": this.#session }),
    };
  }

  #common(): Record<string, string> {
    return {
      "User-Agent": "python-httpx2/2.16.0",
      "X-OpenWebUI-Chat-Id": "chat-1",
      "X-OpenWebUI-Message-Id": this.#chatMessage,
      ...this.#identity,
      ...(this.#key !== "" && { Authorization: `Bearer ${this.#key}` }),
    };
  }

  #post(message: Message, headers: Readonly<Record<string, string>>): Promise<Response> {
    this.sent.push(message.method ?? "answer");
    return fetch(this.#url, {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        Accept: "application/json, text/event-stream",
        ...this.#common(),
        ...headers,
      },
      body: JSON.stringify({ jsonrpc: "2.0", ...message }),
      redirect: "manual",
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
  }

  async #answerIn(response: Response, id: number): Promise<Json> {
    for await (const { id: of, method, params, result, error } of messagesIn(response)) {
      if (method === "elicitation/create" && isJson(params)) {
        const answer = { id: of, result: this.#answer(params) };
        await (await this.#post(answer, this.#legacyHeaders())).body?.cancel();
      } else if (method === undefined && of === id) {
        if (error !== undefined) throw new Error(error.message);
        return result ?? {};
      }
    }
    throw new Error(`HTTP ${response.status} without an answer`);
  }
}

async function* messagesIn(response: Response): AsyncGenerator<Message> {
  if (!response.headers.get("content-type")?.startsWith("text/event-stream")) {
    const text = await response.text();
    if (text.trim() !== "") yield JSON.parse(text) as Message;
    return;
  }
  let rest = "";
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    const events = (rest + chunk).split(/\r?\n\r?\n/);
    rest = events.pop() as string;
    for (const event of events) {
      if (Buffer.byteLength(event) > MAX_EVENT) {
        throw new Error(`SSE stream failed: Server-sent event exceeded the ${MAX_EVENT} byte limit.`);
      }
      const data = event.split(/\r?\n/).flatMap((line) => (line.startsWith("data:") ? [line.slice(5).trim()] : []));
      if (data.join("") !== "") yield JSON.parse(data.join("\n")) as Message;
    }
  }
}
