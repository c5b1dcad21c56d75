import {
  Cancellation,
  type Era,
  type ExchangeContext,
  type HttpRequest,
  LATEST_LEGACY,
  LATEST_MODERN,
  type Message,
  WireError,
} from "@shardgate/mcp-wire";

const CLIENT = { clientInfo: { name: "shardgate-openapi", version: "1" }, capabilities: {} } as const;

/** What every modern request of this front says of itself; it declares nothing, because HTTP has no way back for a question. */
export const ENVELOPE: string = JSON.stringify({
  "io.modelcontextprotocol/protocolVersion": LATEST_MODERN,
  "io.modelcontextprotocol/clientInfo": CLIENT.clientInfo,
  "io.modelcontextprotocol/clientCapabilities": CLIENT.capabilities,
});

/** One POST on its way: a request of the era that its upstream speaks, so that nobody has to translate it. */
export class RestCall implements ExchangeContext {
  readonly era: Era;
  readonly version: string;
  readonly session = undefined;
  readonly client = CLIENT;
  readonly paramHeaders: readonly string[] = [];
  readonly cancellation = new Cancellation();
  readonly #request: HttpRequest;

  constructor(request: HttpRequest, era: Era) {
    this.era = era;
    this.version = era === "modern" ? LATEST_MODERN : LATEST_LEGACY;
    this.#request = request;
  }

  get headers(): readonly string[] {
    return this.#request.headersWith("");
  }

  notify(): void {
    // Progress and log lines have no place in a plain answer.
  }

  request(message: Message): Promise<Message> {
    return Promise.reject(
      new WireError(-32601, `${message.method} cannot be answered over HTTP; call the tool over MCP`),
    );
  }
}
