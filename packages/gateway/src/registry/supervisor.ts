import { type ListedTool, type ServerDescription, UpstreamError } from "@shardgate/mcp-wire";
import type { Logger } from "../core/logger.ts";
import type { UpstreamHandle, UpstreamStatus } from "../core/snapshot.ts";
import { jittered, type Timers } from "../core/timers.ts";
import type { HealthPolicy, Upstream, UpstreamProfile } from "../upstreams/upstream.ts";
import { attempt } from "./attempt.ts";

const CONNECT_TIMEOUT_MS = 10_000;
/** Pauses between attempts to reach an upstream, in milliseconds; the last one repeats. */
const RECONNECT_MS = [500, 1_000, 2_000] as const;
/** A first failed check is looked at again this soon; the second takes the upstream down. */
const RECHECK_MS = 500;
const FAILURES_TO_DOWN = 2;
/** Lists of upstreams that announce no changes are read again this often. */
const RELIST_MS = 60_000;
const REWATCH_MS = 5_000;
/** Several changes in a row are one. */
const SETTLE_MS = 100;

export interface SupervisorDeps {
  readonly timers: Timers;
  readonly logger: Logger;
  /** Called after each change of what {@link Supervisor} shows. */
  readonly onChange: () => void;
}

/**
 * Looks after one upstream: reaches it, keeps an eye on it, reads its tools again when they change, and reaches it again
 * when it was away. One thing at a time, one timer at a time.
 */
export class Supervisor {
  readonly handle: UpstreamHandle;
  status: UpstreamStatus = "starting";
  since: Date;
  error: string | undefined;
  ownName: string | undefined;
  version: string | undefined;
  description: ServerDescription | undefined;
  tools: readonly ListedTool[] = [];
  connection = 0;
  /** How long its last check took, in milliseconds. */
  latencyMs: number | undefined;
  /** What to call it in the log. */
  label: string;
  readonly #upstream: Upstream;
  readonly #health: HealthPolicy;
  readonly #deps: SupervisorDeps;
  #cancelTimer: () => void = () => undefined;
  #busy = false;
  #closed = false;
  #failures = 0;
  #attempts = 0;
  #listedAt = 0;
  #checkedAt = 0;
  #changed = false;
  #stopWatching: (() => void) | undefined;

  /** @param label what to call it in the log */
  constructor(label: string, upstream: Upstream, health: HealthPolicy, deps: SupervisorDeps) {
    this.label = label;
    this.#upstream = upstream;
    this.#health = health;
    this.#deps = deps;
    this.since = deps.timers.date();
    this.handle = {
      load: { active: 0, queue: [] },
      exchange: upstream.exchange,
      notify: (message, session) => upstream.notify(message, session),
      suspect: () => {
        // Many calls fail at once; one look answers for all of them.
        if (deps.timers.now() - this.#checkedAt > RECHECK_MS) this.#lookSoon(0);
      },
    };
  }

  start(): void {
    this.#run(() => this.#connect());
  }

  /** Calls it works on, and those that wait for their turn. */
  get active(): number {
    const { active, queue } = this.handle.load;
    return active + queue.length;
  }

  /** Shows, before it was ever reached, the tools of the one it replaces. */
  inherit({ tools }: Supervisor): void {
    if (this.connection === 0) this.tools = tools;
  }

  /** Looks after it no more; calls under way go on, and it can still be called by who holds its handle. */
  retire(): void {
    this.#closed = true;
    this.#cancelTimer();
    this.#stopWatching?.();
    this.#stopWatching = undefined;
  }

  async close(): Promise<void> {
    this.retire();
    await this.#upstream.close();
  }

  async #connect(): Promise<void> {
    const started = this.#deps.timers.now();
    let profile: UpstreamProfile;
    try {
      profile = await attempt(this.#deps.timers, CONNECT_TIMEOUT_MS, (cancellation) =>
        this.#upstream.connect(cancellation),
      );
    } catch (error) {
      this.#become("down", reasonOf(error));
      const pause = RECONNECT_MS[Math.min(this.#attempts++, RECONNECT_MS.length - 1)] as number;
      return this.#schedule(pause, () => this.#connect());
    }
    if (this.#closed) return;
    this.latencyMs = this.#deps.timers.now() - started;
    this.#attempts = this.#failures = 0;
    this.#changed = false;
    this.connection++;
    this.ownName = profile.name;
    this.version = profile.version;
    this.description = profile.description;
    this.#take(profile.tools);
    this.#become("up", undefined);
    this.#watch();
    this.#schedule(0, () => this.#check());
  }

  async #check(): Promise<void> {
    const { timers } = this.#deps;
    const started = (this.#checkedAt = timers.now());
    try {
      const checkup = await attempt(timers, this.#health.timeoutMs, (cancellation) =>
        this.#upstream.check(cancellation),
      );
      this.latencyMs = timers.now() - started;
      this.#failures = 0;
      const isDue = this.#stopWatching === undefined && started - this.#listedAt > RELIST_MS;
      if (checkup.changed === true || this.#changed || isDue) await this.#relist();
      this.#become(checkup.degraded === undefined ? "up" : "degraded", checkup.degraded);
      this.#schedule(this.#health.intervalMs, () => this.#check());
    } catch (error) {
      if (++this.#failures < FAILURES_TO_DOWN) return this.#schedule(RECHECK_MS, () => this.#check());
      this.#stopWatching?.();
      this.#stopWatching = undefined;
      this.#become("down", reasonOf(error));
      this.#schedule(RECONNECT_MS[0], () => this.#connect());
    }
  }

  async #relist(): Promise<void> {
    this.#changed = false;
    this.#take(
      await attempt(this.#deps.timers, CONNECT_TIMEOUT_MS, (cancellation) => this.#upstream.listTools(cancellation)),
    );
  }

  #take(tools: readonly ListedTool[]): void {
    this.#listedAt = this.#deps.timers.now();
    const same =
      tools.length === this.tools.length && tools.every((tool, index) => tool.modern.equals(this.tools[index]!.modern));
    if (same) return;
    this.tools = tools;
    this.#deps.onChange();
  }

  /** Listens for announced changes; a stream that breaks is a reason to look, one that is refused is not asked for again. */
  #watch(): void {
    this.#stopWatching?.();
    this.#stopWatching = this.#upstream.watch(
      () => {
        this.#changed = true;
        this.#lookSoon(SETTLE_MS);
      },
      (reason) => {
        this.#stopWatching = undefined;
        if (this.#closed || reason instanceof UpstreamError) return;
        const { connection } = this;
        this.#lookSoon(0);
        this.#deps.timers.after(jittered(REWATCH_MS, this.#deps.timers), () => {
          if (!this.#closed && this.connection === connection && this.status !== "down") this.#watch();
        });
      },
    );
  }

  /** Looks at a connected upstream before its turn. */
  #lookSoon(ms: number): void {
    if (this.#busy || this.#closed || this.status === "down" || this.status === "starting") return;
    this.#schedule(ms, () => this.#check());
  }

  #schedule(ms: number, action: () => Promise<void>): void {
    if (this.#closed) return;
    this.#cancelTimer();
    this.#cancelTimer = this.#deps.timers.after(jittered(ms, this.#deps.timers), () => this.#run(action));
  }

  #run(action: () => Promise<void>): void {
    this.#busy = true;
    void action().finally(() => {
      this.#busy = false;
      // A change announced while we were at work has not been looked at.
      if (this.#changed) this.#lookSoon(SETTLE_MS);
    });
  }

  #become(status: UpstreamStatus, error: string | undefined): void {
    if (this.#closed || (this.status === status && this.error === error)) return;
    if (this.status !== status) {
      this.since = this.#deps.timers.date();
      const fields = {
        upstream: this.ownName ?? this.label,
        from: this.status,
        to: status,
        tools: this.tools.length,
        error,
      };
      if (status === "up") this.#deps.logger.info(fields, "upstream state");
      else this.#deps.logger.warn(fields, "upstream state");
    }
    this.status = status;
    this.error = error;
    this.#deps.onChange();
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
