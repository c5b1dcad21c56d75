import type { UpstreamDefinition } from "../upstreams/index.ts";

/**
 * A source of upstream definitions. Every emission is the provider's whole state, never a difference, so that starting
 * over is emitting again.
 */
export interface Provider {
  readonly name: string;
  /** Emits now and whenever the state changes, until the signal aborts. Resolves once the first state is emitted. */
  watch(emit: (definitions: readonly UpstreamDefinition[]) => void, signal: AbortSignal): Promise<void>;
}
