import { randomBytes } from "node:crypto";
import type { Message } from "@shardgate/mcp-wire";
import { GatewayError } from "../core/errors.ts";

/** How long a plan waits for its confirmation, and what came of it is kept, in milliseconds. */
export const PLAN_TTL_MS = 10 * 60_000;

/** Most plans at once, and most bytes of what they hold. */
const MAX_PLANS = 1_024;
const MAX_BYTES = 32 * 1024 * 1024;

/** A longer outcome is not kept for who confirms twice, in bytes. */
const MAX_OUTCOME = 256 * 1024;

const TOO_LONG = JSON.stringify({
  resultType: "complete",
  content: [{ type: "text", text: "This call was made already, once. What it gave was too long to be kept." }],
});

/** A call that waits for a person's agreement. */
export interface Planned {
  /** `words`: a model brings the token back; `form`: a client brings it back with the answers to a form. */
  readonly way: "words" | "form";
  /** Whose plan it is: nobody else's token opens it. */
  readonly owner: string;
  /** The message of the chat in which it was planned; undefined where the client names none. */
  readonly chatMessage: string | undefined;
  readonly upstream: string;
  /** The tool's own name. */
  readonly tool: string;
  /** Says what is called, with what: the same for the same call. */
  readonly digest: string;
  /** `params` of the call without its envelope, byte for byte. */
  readonly params: Buffer;
  /** Headers that mirror its arguments. */
  readonly paramHeaders: readonly string[];
}

export interface Plan extends Planned {
  readonly token: string;
}

interface Kept {
  readonly plan: Plan;
  until: number;
  bytes: number;
  outcome: Promise<Message> | undefined;
}

/** The calls that wait for a person's agreement, and for a while what came of them, so that each runs once at most. */
export class Plans {
  readonly #now: () => number;
  readonly #kept = new Map<string, Kept>();
  #bytes = 0;
  /** Calls whose upstream asks for more, and until when that counts. */
  readonly #goingOn = new Map<string, number>();

  /** @param now clock in milliseconds */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Keeps a call. One that the same owner planned already in words, and that did not run yet, is that plan. */
  add(planned: Planned): Plan {
    const same = planned.way === "words" ? this.#waiting(planned) : undefined;
    const plan = same?.plan ?? { ...planned, token: newToken(planned.way) };
    if (same !== undefined) this.#drop(plan.token);
    const bytes = plan.params.length;
    this.#makeRoom(1, bytes);
    this.#kept.set(plan.token, { plan, until: this.#now() + PLAN_TTL_MS, bytes, outcome: undefined });
    this.#bytes += bytes;
    return plan;
  }

  /** The plan of a token; undefined where there is none of this owner's, or its time is over. */
  find(token: string, { way, owner }: Pick<Planned, "way" | "owner">): Plan | undefined {
    const kept = this.#kept.get(token);
    if (kept === undefined || kept.until < this.#now()) return undefined;
    return kept.plan.way === way && kept.plan.owner === owner ? kept.plan : undefined;
  }

  /** Where the call of a token goes, whoever asks; undefined where there is none. */
  upstreamOf(token: string): string | undefined {
    return this.#kept.get(token)?.plan.upstream;
  }

  /** Whether it was confirmed before. */
  hasRun({ token }: Plan): boolean {
    return this.#kept.get(token)?.outcome !== undefined;
  }

  /**
   * Makes the call where it was not made yet; whoever comes later gets what came of it. A call that certainly did not
   * reach its upstream may be confirmed again.
   */
  run({ token }: Plan, make: () => Promise<Message>): Promise<Message> {
    const kept = this.#kept.get(token);
    if (kept?.outcome !== undefined) return kept.outcome;
    const outcome = make();
    if (kept === undefined) return outcome;
    // Until it has ended, nothing but want of room may take it away.
    kept.until = Number.POSITIVE_INFINITY;
    kept.outcome = outcome;
    outcome.then(
      (response) => this.#keep(kept, response),
      (error: unknown) => {
        kept.until = this.#now() + PLAN_TTL_MS;
        if (error instanceof GatewayError && !error.details.sent) kept.outcome = undefined;
      },
    );
    return outcome;
  }

  forget({ token }: Plan): void {
    this.#drop(token);
  }

  /** Says whether a call that was agreed to waits for further answers, which its upstream asked for. */
  setGoingOn(planned: Planned, isGoingOn: boolean): void {
    const key = keyOf(planned);
    this.#goingOn.delete(key);
    if (!isGoingOn) return;
    const [oldest] = this.#goingOn.keys();
    if (oldest !== undefined && this.#goingOn.size >= MAX_PLANS) this.#goingOn.delete(oldest);
    this.#goingOn.set(key, this.#now() + PLAN_TTL_MS);
  }

  isGoingOn(planned: Planned): boolean {
    return (this.#goingOn.get(keyOf(planned)) ?? 0) >= this.#now();
  }

  /** Frees what is too old. */
  sweep(): void {
    const now = this.#now();
    for (const [token, { until }] of this.#kept) if (until < now) this.#drop(token);
    for (const [key, until] of this.#goingOn) if (until < now) this.#goingOn.delete(key);
  }

  #keep(kept: Kept, response: Message): void {
    const { token } = kept.plan;
    if (this.#kept.get(token) !== kept) return;
    kept.until = this.#now() + PLAN_TTL_MS;
    const isLong = !response.isError && response.bytes.length > MAX_OUTCOME;
    const short = isLong ? response.withOutcome(TOO_LONG) : response;
    const bytes = short.bytes.length;
    kept.outcome = Promise.resolve(short);
    kept.bytes += bytes;
    this.#bytes += bytes;
    this.#makeRoom(0, 0);
  }

  #waiting(planned: Planned): Kept | undefined {
    const key = keyOf(planned);
    for (const kept of this.#kept.values()) {
      const { plan, outcome, until } = kept;
      if (plan.way === "words" && outcome === undefined && until >= this.#now() && keyOf(plan) === key) return kept;
    }
    return undefined;
  }

  /** Drops the oldest until there is room for more. */
  #makeRoom(plans: number, bytes: number): void {
    for (const token of this.#kept.keys()) {
      if (this.#kept.size + plans <= MAX_PLANS && this.#bytes + bytes <= MAX_BYTES) return;
      this.#drop(token);
    }
  }

  #drop(token: string): void {
    this.#bytes -= this.#kept.get(token)?.bytes ?? 0;
    this.#kept.delete(token);
  }
}

/** The same for the same call of the same owner. */
function keyOf({ owner, upstream, digest }: Planned): string {
  return `${upstream} ${digest} ${owner}`;
}

/** One in words is short and of few characters, because a small model has to copy it. */
function newToken(way: Planned["way"]): string {
  return way === "words" ? randomBytes(10).toString("hex") : randomBytes(24).toString("base64url");
}
