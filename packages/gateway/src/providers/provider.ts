import type { UpstreamDefinition } from "../upstreams/index.ts";

/** How a provider itself is. */
export interface ProviderReport {
  /** Why it cannot say what should exist just now; what it said last counts meanwhile. */
  readonly error?: string | undefined;
  /** What it had to leave out, one sentence each: which object, what is wrong with it, what to do. */
  readonly problems?: readonly string[];
}

/** What a provider offers over HTTP. Never opens a port: `app.ts` mounts it, and leaves it to itself to ask for a token. */
export interface ProviderEndpoint {
  readonly path: string;
  /** @param remoteAddress of who asks; undefined in process */
  fetch(request: Request, remoteAddress: string | undefined): Promise<Response>;
}

/**
 * A source of upstream definitions. Every emission is the provider's whole state, never a difference, so that starting
 * over is emitting again.
 */
export interface Provider {
  readonly name: string;
  readonly endpoint?: ProviderEndpoint;
  /**
   * Emits now and whenever the state changes, until the signal aborts. Resolves once the first state is emitted, or once it
   * is known and reported that there is none yet.
   */
  watch(
    emit: (definitions: readonly UpstreamDefinition[]) => void,
    signal: AbortSignal,
    report: (report: ProviderReport) => void,
  ): Promise<void>;
}
