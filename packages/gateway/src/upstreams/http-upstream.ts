import {
  type Cancellation,
  type ConnectOptions,
  connectUpstream,
  HttpLink,
  type HttpSender,
  type Link,
  type SenderOptions,
  SseLink,
  type UpstreamClient,
  UpstreamError,
} from "@shardgate/mcp-wire";
import { authorizedSender } from "../oauth/authorized-sender.ts";
import type { SignIn } from "../oauth/sign-in.ts";
import type { HttpOptions } from "./definition.ts";
import type { Upstream, UpstreamDeps, UpstreamProfile } from "./upstream.ts";

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

  /** The upstream as the registry knows it; pinged to see how it is, unless its kind has a better way. */
  asUpstream(connect: Upstream["connect"], check: Upstream["check"] = this.#ping): Upstream {
    return {
      connect,
      check,
      readLists: (cancellation) => this.client.readLists(cancellation),
      exchange: (message, context) => this.client.exchange(message, context),
      notify: (message, session) => this.#client?.notify(message, session),
      watchResources: (uris, onUpdated) => this.client.watchResources(uris, onUpdated),
      watch: (onChange, onEnd) => this.client.watch(onChange, onEnd),
      details: () => {
        const signedIn = this.#signIn?.signedInAt;
        return signedIn === undefined ? {} : { signed_in: signedIn };
      },
      close: async () => {
        this.#client?.close();
        await this.sender.close();
      },
    };
  }

  #ping: Upstream["check"] = async (cancellation) => {
    await this.client.ping(cancellation);
    return {};
  };
}

function senderOptions({ connections, tls }: HttpOptions): SenderOptions {
  const most = connections === undefined ? {} : { connections };
  if (tls === undefined) return most;
  const { ca, cert, key, server_name: serverName, insecure } = tls;
  const given = Object.entries({ ca, cert, key, serverName, insecure }).filter(([, value]) => value !== undefined);
  return { ...most, tls: Object.fromEntries(given) };
}
