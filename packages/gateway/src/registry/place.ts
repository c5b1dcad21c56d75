import type { ListedTool } from "@shardgate/mcp-wire";
import type { ConfirmRule } from "../core/confirm-rule.ts";
import { confirmsOf, offer, type OfferedTool, type OfferPolicy } from "../core/offer.ts";
import { passHeaders } from "../core/pass-headers.ts";
import { jittered, type Timers } from "../core/timers.ts";
import { POLICY_OPTIONS } from "../upstreams/definition.ts";
import type { UpstreamDefinition } from "../upstreams/index.ts";
import type { Supervisor } from "./supervisor.ts";

/** How long what a changed definition replaces is still shown while it is up and the new one was not reached, in milliseconds. */
const PATIENCE_MS = 10_000;

export interface PlaceDeps {
  readonly timers: Timers;
  readonly start: (definition: UpstreamDefinition, onChange: () => void) => Supervisor;
  /** Takes over one that is no longer shown; its calls may go on. */
  readonly retire: (supervisor: Supervisor) => void;
  readonly onChange: () => void;
  /** Whether downstreams send the key to the gateway in Authorization. */
  readonly isKeyOurs: () => boolean;
}

/**
 * The place of one definition among all. When the definition changes, the new upstream is started beside the old one and
 * takes its place once it is reached; also when the old one is no use any more, or the new one was not reached in time.
 */
export class Place {
  readonly provider: string;
  #definition: UpstreamDefinition;
  #shown: Supervisor;
  #next: { readonly definition: UpstreamDefinition; readonly supervisor: Supervisor } | undefined;
  readonly #deps: PlaceDeps;
  #offered:
    | {
        readonly from: readonly ListedTool[];
        readonly policy: OfferPolicy | undefined;
        readonly tools: readonly OfferedTool[];
        readonly confirms: ReadonlyMap<string, ConfirmRule> | undefined;
      }
    | undefined;
  #cancelPatience: () => void = () => undefined;

  constructor(provider: string, definition: UpstreamDefinition, deps: PlaceDeps) {
    this.provider = provider;
    this.#deps = deps;
    this.#definition = definition;
    this.#shown = deps.start(definition, deps.onChange);
  }

  /** What is shown and called: of the definition before, as long as that of {@link next} was not reached. */
  get definition(): UpstreamDefinition {
    return this.#definition;
  }

  get supervisor(): Supervisor {
    return this.#shown;
  }

  /** What was said last, whether it is in force already or not. */
  get latest(): UpstreamDefinition {
    return this.#next?.definition ?? this.#definition;
  }

  /** How the latest definition is reached; the same for two where nothing but policy and name differs. */
  get reachedBy(): string {
    return connectionOf(this.latest);
  }

  /** Its tools as they are offered; the same list while neither they nor the policy change. */
  get offered(): readonly OfferedTool[] {
    return this.#offer().tools;
  }

  /** Which of them need the agreement of a person, by their own names; undefined where none do. */
  get confirms(): ReadonlyMap<string, ConfirmRule> | undefined {
    return this.#offer().confirms;
  }

  #offer() {
    const { tools: from } = this.#shown;
    const policy = this.#definition.options.tools;
    if (this.#offered?.from !== from || this.#offered.policy !== policy) {
      const tools = offer(from, policy);
      this.#offered = { from, policy, tools, confirms: confirmsOf(tools) };
    }
    return this.#offered;
  }

  /** Chooses the headers that go along with a call; undefined where none do. */
  get passHeaders(): ((headers: readonly string[]) => readonly string[]) | undefined {
    const { options } = this.#definition;
    const policy = "forward_headers" in options ? options.forward_headers : undefined;
    return policy && passHeaders(policy, this.#deps.isKeyOurs);
  }

  /** Why a changed definition is not in force yet; undefined when the last one is. */
  get pending(): string | undefined {
    if (this.#next === undefined) return undefined;
    return `its definition changed, and the new one is not reached yet${reason(this.#next.supervisor)}`;
  }

  /** Takes the definition as it is now; does nothing when it is the same. */
  redefine(definition: UpstreamDefinition): void {
    const latest = this.#next?.definition ?? this.#definition;
    if (JSON.stringify(latest) === JSON.stringify(definition)) return;
    const { timers, start, retire } = this.#deps;
    if (this.#next !== undefined) retire(this.#next.supervisor);
    this.#next = undefined;
    if (connectionOf(definition) === connectionOf(this.#definition)) {
      this.#cancelPatience();
      this.#definition = definition;
      return;
    }
    const supervisor = start(definition, () => this.#settle());
    this.#next = { definition, supervisor };
    this.#cancelPatience();
    this.#cancelPatience = timers.after(jittered(PATIENCE_MS, timers), () => this.#swap());
    this.#settle();
  }

  /** Everything it holds, for who ends it. */
  leave(): Supervisor[] {
    this.#cancelPatience();
    return this.#next === undefined ? [this.#shown] : [this.#shown, this.#next.supervisor];
  }

  #settle(): void {
    const next = this.#next?.supervisor;
    if (next !== undefined && (isUsable(next) || (next.status !== "starting" && !isUsable(this.#shown)))) this.#swap();
    else this.#deps.onChange();
  }

  #swap(): void {
    this.#cancelPatience();
    if (this.#next === undefined) return;
    const { definition, supervisor } = this.#next;
    const before = this.#shown;
    this.#next = undefined;
    // The tools of what was there stay listed and marked while what is there now is not reached.
    supervisor.inherit(before);
    this.#definition = definition;
    this.#shown = supervisor;
    this.#deps.retire(before);
    this.#deps.onChange();
  }
}

/** What of a definition makes another connection or process; the rest is in force without one. */
export function connectionOf({ options }: UpstreamDefinition): string {
  return JSON.stringify(Object.entries(options).filter(([key]) => !POLICY_OPTIONS.has(key)));
}

function isUsable({ status }: Supervisor): boolean {
  return status === "up" || status === "degraded" || status === "idle";
}

function reason({ error }: Supervisor): string {
  return error === undefined ? "" : `: ${error}`;
}
