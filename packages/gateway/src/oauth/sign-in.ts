import { randomBytes } from "node:crypto";
import type { Logger } from "../core/logger.ts";
import type { Timers } from "../core/timers.ts";
import type { Fetch } from "../core/fetch.ts";
import type { Flow } from "./flow.ts";
import type { Credentials, CredentialStore } from "./kept-sign-ins.ts";
import type { OAuthOptions } from "./oauth-options.ts";

/** A token that ends sooner than this is renewed before it is used. */
const EARLY_MS = 30_000;
/** What failed for want of a sign-in, or of the authorization server, is not tried again sooner. */
const RETRY_MS = 30_000;
/** How long a person has to agree. */
export const AGREE_MS = 10 * 60_000;

export interface SignInDeps {
  /** Of the upstream, for people. */
  readonly name: string;
  readonly url: string;
  readonly options: OAuthOptions;
  readonly store: CredentialStore;
  readonly fetch: Fetch;
  readonly timers: Timers;
  readonly logger: Pick<Logger, "info" | "warn">;
}

/** How the gateway is signed in at one upstream: what it sends along, how that is renewed, and how a person signs it in. */
export class SignIn {
  readonly #deps: SignInDeps;
  #kept: Credentials | undefined;
  #reading: Promise<void> | undefined;
  #isRead = false;
  #renewing: Promise<void> | undefined;
  #renewableAt = 0;
  #askableAt = 0;
  #servesAnybody = false;
  #flow: { readonly flow: Flow; readonly until: number } | undefined;
  #challenge: string | undefined;
  #problem: string | undefined;

  constructor(deps: SignInDeps) {
    this.#deps = deps;
  }

  /** When a person signed in, ISO 8601; undefined while nobody has. */
  get signedInAt(): string | undefined {
    return this.#kept?.signedInAt;
  }

  /** Why the upstream refuses what we send, and what to do. */
  get problem(): string {
    const command = `\`shardgate login ${this.#deps.name}\``;
    if (this.#problem !== undefined) return this.#problem;
    return this.#kept === undefined
      ? `nobody has signed in yet; ${command} does`
      : `it refuses the sign-in that is there; ${command} begins another`;
  }

  /** True where {@link header} can be used as it is. */
  get isReady(): boolean {
    return this.#isRead && !this.#isOld;
  }

  /** True where nobody has signed in and the upstream has refused just that: there is nothing to ask it for. */
  get isHopeless(): boolean {
    return this.#kept === undefined && !this.#servesAnybody && this.#deps.timers.now() < this.#askableAt;
  }

  /** The upstream answered; some ask who calls for a part of what they have alone. */
  served(header: string | undefined): void {
    if (header === undefined) this.#servesAnybody = true;
  }

  /** Value of the Authorization header (RFC 6750 §2.1); undefined while nobody has signed in. */
  get header(): string | undefined {
    return this.#kept && `Bearer ${this.#kept.tokens.access_token}`;
  }

  /** Reads what is kept, and renews what is about to end. Never fails: the upstream says what is wrong. */
  async ready(): Promise<void> {
    await (this.#reading ??= this.#read());
    if (this.#isOld) await this.#renewOnce();
  }

  /**
   * The upstream refused a header: renews it, once for all who were refused. Never fails.
   *
   * @param challenge what it said (WWW-Authenticate)
   * @returns whether there is another one now
   */
  async refused(header: string | undefined, challenge: string | undefined): Promise<boolean> {
    this.#challenge = challenge;
    this.#askableAt = this.#deps.timers.now() + RETRY_MS;
    if (this.#kept?.tokens.refresh_token === undefined && this.#kept !== undefined && this.header === header) {
      this.#problem = `the sign-in has ended; \`shardgate login ${this.#deps.name}\` begins another`;
    }
    if (this.header === header) await this.#renewOnce();
    return this.header !== undefined && this.header !== header;
  }

  /** The upstream wants more than was agreed to (RFC 6750 §3.1): the next sign-in asks for it. */
  lacksScope(challenge: string | undefined): void {
    this.#challenge = challenge;
  }

  /**
   * Begins a sign-in; one that has begun before is forgotten.
   *
   * @param callback where the browser comes back to, unless the configuration says otherwise
   * @returns the page where a person agrees, and the state that comes back with the browser
   * @throws Error with what is wrong
   */
  async begin(callback: string): Promise<{ readonly page: URL; readonly state: string }> {
    const { options, url, fetch, timers } = this.#deps;
    const { beginFlow } = await import("./flow.ts");
    const state = randomBytes(24).toString("base64url");
    const redirectUrl = options.redirect_url ?? callback;
    const flow: Flow = { serverUrl: serverOf(url, options), options, redirectUrl, state, fetch };
    const granted = this.#kept?.tokens["scope"];
    const page = await beginFlow(flow, this.#challenge, typeof granted === "string" ? granted : undefined);
    this.#flow = { flow, until: timers.now() + AGREE_MS };
    return { page, state };
  }

  /** Ends the sign-in that `state` names. @throws Error with what is wrong */
  async finish(state: string, code: string, iss: string | undefined): Promise<void> {
    const { timers, store, logger, name: upstream } = this.#deps;
    const begun = this.#flow;
    if (begun === undefined || begun.flow.state !== state || begun.until < timers.now()) {
      throw new Error("it began too long ago, or another one began after it");
    }
    this.#flow = undefined;
    const { finishFlow } = await import("./flow.ts");
    const { tokens, client, discovery } = await finishFlow(begun.flow, code, iss);
    const now = timers.date();
    this.#take({
      format: 1,
      client: { ...client },
      discovery: { ...discovery },
      tokens: { ...tokens, refresh_token: tokens.refresh_token },
      expiresAt: endOf(tokens.expires_in, now),
      signedInAt: now.toISOString(),
    });
    this.#isRead = true;
    logger.info({ upstream }, "signed in");
    await this.#keep(store, upstream);
  }

  get #isOld(): boolean {
    const { timers } = this.#deps;
    if (this.#kept?.expiresAt === undefined || this.#kept.tokens.refresh_token === undefined) return false;
    return timers.date().getTime() > this.#kept.expiresAt - EARLY_MS && timers.now() >= this.#renewableAt;
  }

  async #read(): Promise<void> {
    const kept = await this.#deps.store.read();
    if (!this.#isRead) this.#kept = kept;
    this.#isRead = true;
  }

  #renewOnce(): Promise<void> {
    return (this.#renewing ??= this.#renew().finally(() => {
      this.#renewing = undefined;
    }));
  }

  async #renew(): Promise<void> {
    const { store, fetch, timers, logger, name: upstream } = this.#deps;
    const kept = this.#kept;
    if (kept?.tokens.refresh_token === undefined || timers.now() < this.#renewableAt) return;
    // Another process with the same state may have been first, and the server may take each refresh token once.
    const stored = await store.read();
    if (stored !== undefined && stored.tokens.access_token !== kept.tokens.access_token) return this.#take(stored);
    const { GrantEnded, renewTokens } = await import("./flow.ts");
    try {
      const tokens = await renewTokens(kept, fetch);
      const refresh_token = tokens.refresh_token ?? kept.tokens.refresh_token;
      const expiresAt = endOf(tokens.expires_in, timers.date());
      this.#take({ ...kept, tokens: { ...tokens, refresh_token }, expiresAt });
    } catch (error) {
      const { message } = error as Error;
      logger.warn({ upstream, error: message }, "sign-in not renewed");
      if (error instanceof GrantEnded) {
        this.#kept = undefined;
        this.#problem = `the sign-in has ended (${message}); \`shardgate login ${upstream}\` begins another`;
      } else {
        this.#renewableAt = timers.now() + RETRY_MS;
        this.#problem = `the sign-in could not be renewed (${message}); it is tried again`;
        return;
      }
    }
    await this.#keep(store, upstream);
  }

  #take(credentials: Credentials): void {
    this.#kept = credentials;
    this.#problem = undefined;
    this.#challenge = undefined;
    this.#renewableAt = 0;
  }

  async #keep(store: CredentialStore, upstream: string): Promise<void> {
    try {
      await store.write(this.#kept);
    } catch (error) {
      this.#deps.logger.warn({ upstream, error: (error as Error).message }, "sign-in not kept beyond a restart");
    }
  }
}

/** Within one origin the upstream itself knows best; mcpo's files often name its root. */
function serverOf(url: string, { server_url: other = url }: OAuthOptions): string {
  return new URL(other).origin === new URL(url).origin ? url : other;
}

/** @param seconds how long a token lasts from `now` on */
function endOf(seconds: number | undefined, now: Date): number | undefined {
  return seconds === undefined ? undefined : now.getTime() + seconds * 1_000;
}
