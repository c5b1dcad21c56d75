import {
  Cancellation,
  connectUpstream,
  type ExchangeContext,
  HttpLink,
  LATEST_MODERN,
  type Message,
  modernRequest,
  type UpstreamClient,
} from "@shardgate/mcp-wire";
import type { Status } from "../../status.ts";
import { VERSION } from "../../version.ts";
import type { Io } from "../command.ts";
import { CommandError } from "../command-error.ts";
import type { Target } from "./target.ts";

const CLIENT_INFO = { name: "shardgate-cli", version: VERSION };

/** How long a list or `/health` may take, in milliseconds. */
const LIST_TIMEOUT_MS = 10_000;

/** A tool as the gateway lists it; what is not named here is there too. */
export interface Tool {
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  readonly inputSchema: Readonly<Record<string, unknown>>;
}

/** What a tool gave back. */
export interface ToolResult {
  readonly content: readonly Readonly<Record<string, unknown>>[];
  readonly structuredContent?: unknown;
  readonly isError?: boolean;
}

export interface CallOptions {
  readonly timeoutMs: number;
  /** Told of each sign of progress. */
  readonly onProgress: (text: string) => void;
}

/** A running gateway, as a command speaks to it: over MCP, like any other client. */
export class GatewayClient {
  readonly #client: UpstreamClient;
  readonly #io: Io;
  readonly #target: Target;

  private constructor(client: UpstreamClient, io: Io, target: Target) {
    this.#client = client;
    this.#io = io;
    this.#target = target;
  }

  /** @throws CommandError when nothing answers there, or it is no MCP server */
  static async connect(target: Target, io: Io): Promise<GatewayClient> {
    const sender = io.createSender(target.url.origin);
    const link = new HttpLink({ sender, url: target.url, headers: target.headers });
    const client = await attempt(target, io, LIST_TIMEOUT_MS, (until) => connectUpstream(link, CLIENT_INFO, until));
    return new GatewayClient(client, io, target);
  }

  /** @throws CommandError */
  async listTools(): Promise<readonly Tool[]> {
    const { lists } = await attempt(this.#target, this.#io, LIST_TIMEOUT_MS, (until) => this.#client.readLists(until));
    return lists.tools.map(({ modern }) => JSON.parse(modern.toString()) as Tool);
  }

  /** @throws CommandError when there is no result; a tool that failed gives one */
  async callTool(name: string, args: object, { timeoutMs, onProgress }: CallOptions): Promise<ToolResult> {
    const message = modernRequest(1, "tools/call", { name, arguments: args }, CLIENT_INFO, { progressToken: 1 });
    const response = await attempt(this.#target, this.#io, timeoutMs, (cancellation) => {
      const context: ExchangeContext = {
        era: "modern",
        version: LATEST_MODERN,
        session: undefined,
        client: { clientInfo: CLIENT_INFO, capabilities: {} },
        cancellation,
        paramHeaders: [],
        notify: (early) => onProgress(progressText(early)),
        request: () => Promise.reject(new Error("a command cannot answer questions")),
      };
      return this.#client.exchange(message, context);
    });
    const outcome = JSON.parse(response.outcome.toString()) as ToolResult & { message?: string; code?: number };
    if (response.isError) throw new CommandError(`${outcome.message} (code ${outcome.code})`);
    return outcome;
  }

  close(): void {
    this.#client.close();
  }
}

/** The state of things. @throws CommandError */
export async function fetchHealth(target: Target, io: Io): Promise<Status> {
  const url = new URL("/health", target.url);
  try {
    const signal = AbortSignal.any([io.signal, AbortSignal.timeout(LIST_TIMEOUT_MS)]);
    const answer = await io.fetch(new Request(url, { headers: { ...target.headers }, signal }));
    if (!answer.ok) throw new Error(`it answered with HTTP ${answer.status}`);
    return (await answer.json()) as Status;
  } catch (error) {
    throw unreached(target, error);
  }
}

async function attempt<T>(
  target: Target,
  io: Io,
  timeoutMs: number,
  run: (cancellation: Cancellation) => Promise<T>,
): Promise<T> {
  const cancellation = new Cancellation();
  const end = (): void => cancellation.cancel(new Error("interrupted"));
  const timer = setTimeout(() => cancellation.cancel(new Error(`no answer within ${timeoutMs / 1000} s`)), timeoutMs);
  io.signal.addEventListener("abort", end, { once: true });
  try {
    return await run(cancellation);
  } catch (error) {
    throw unreached(target, error);
  } finally {
    clearTimeout(timer);
    io.signal.removeEventListener("abort", end);
  }
}

function unreached(target: Target, error: unknown): CommandError {
  const { message, cause } = error as Error;
  const code = (cause as { code?: string } | undefined)?.code;
  const why = code === undefined ? message : `${message}, ${code}`;
  return new CommandError(
    `The gateway at ${target.url.href} gave no answer: ${why}. Is it running? (--url, GATEWAY_URL)`,
    {
      cause: error,
    },
  );
}

function progressText(message: Message): string {
  if (message.method !== "notifications/progress") return "";
  const { progress, total, message: text } = message.params;
  const share = typeof total === "number" ? `${String(progress)}/${total}` : String(progress);
  return typeof text === "string" ? `${share} ${text}` : share;
}
