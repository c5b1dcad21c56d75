import {
  type Cancellation,
  type ConnectOptions,
  connectUpstream,
  type ExchangeContext,
  HttpLink,
  type HttpSender,
  type Link,
  type ListKind,
  type Message,
  type SenderOptions,
  SseLink,
  type UpstreamClient,
  UpstreamError,
} from "@shardgate/mcp-wire";
import { authorizedSender } from "../oauth/authorized-sender.ts";
import type { SignIn } from "../oauth/sign-in.ts";
import type { HttpOptions } from "./definition.ts";
import type { UpstreamDeps, UpstreamDetails, UpstreamProfile } from "./upstream.ts";

/** What the kinds that speak HTTP have in common: one connection at a time, made anew by each `connect`. */
export class HttpUpstream {
  readonly sender: HttpSender;
  readonly #signIn: SignIn | undefined;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #deps: UpstreamDeps;
  #client: UpstreamClient | undefined;

  constructor({ origin, href }: URL, options: HttpOptions, deps: UpstreamDeps) {
    const sender = deps.createSender(origin, senderOptions(options));
    this.#signIn = options.oauth && deps.signIns?.of(deps.name, href, options.oauth);
    this.sender = this.#signIn === undefined ? sender : authorizedSender(sender, this.#signIn);
    this.#headers = options.headers;
    this.#deps = deps;
  }

  /** Streamable HTTP at an address. */
  connect(url: URL, cancellation: Cancellation): Promise<UpstreamProfile> {
    return this.#connect(new HttpLink({ sender: this.sender, url, headers: this.#headers }), cancellation);
  }

  /** HTTP+SSE at an address; only the legacy era has it. */
  connectSse(url: URL, cancellation: Cancellation): Promise<UpstreamProfile> {
    const link = new SseLink({ sender: this.sender, url, headers: this.#headers });
    return this.#connect(link, cancellation, { era: "legacy" });
  }

  async #connect(link: Link, cancellation: Cancellation, options?: ConnectOptions): Promise<UpstreamProfile> {
    const client = await connectUpstream(link, this.#deps.clientInfo, cancellation, options);
    const { lists, problems } = await client.readLists(cancellation);
    this.#client?.close();
    this.#client = client;
    const { era, description } = client;
    const { version } = JSON.parse(description.serverInfo) as { version?: unknown };
    return { era, description, lists, problems, ...(typeof version === "string" && { version }) };
  }

  /** @throws UpstreamError before the first connect */
  get client(): UpstreamClient {
    if (this.#client !== undefined) return this.#client;
    throw new UpstreamError("unavailable", "it was never reached", { sent: false });
  }

  exchange = (message: Message, context: ExchangeContext): Promise<Message> => this.client.exchange(message, context);

  notify(message: Message, session: object | undefined): void {
    this.#client?.notify(message, session);
  }

  watch(onChange: (list: ListKind) => void, onEnd: (reason: Error) => void): (() => void) | undefined {
    return this.client.watch(onChange, onEnd);
  }

  details(): UpstreamDetails {
    const signedIn = this.#signIn?.signedInAt;
    return signedIn === undefined ? {} : { signed_in: signedIn };
  }

  async close(): Promise<void> {
    this.#client?.close();
    await this.sender.close();
  }
}

function senderOptions({ connections, tls }: HttpOptions): SenderOptions {
  const most = connections === undefined ? {} : { connections };
  if (tls === undefined) return most;
  const { ca, cert, key, server_name: serverName, insecure } = tls;
  const given = Object.entries({ ca, cert, key, serverName, insecure }).filter(([, value]) => value !== undefined);
  return { ...most, tls: Object.fromEntries(given) };
}
