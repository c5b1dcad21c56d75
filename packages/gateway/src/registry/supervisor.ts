import type { Cancellation, Era, Exchange, ListedTool, ListKind, Lists, ServerDescription } from "@shardgate/mcp-wire";
import type { Logger } from "../core/logger.ts";
import type { UpstreamHandle, UpstreamStatus } from "../core/snapshot.ts";
import { jittered, type Timers } from "../core/timers.ts";
import type { HealthPolicy, ReadLists, Upstream, UpstreamDetails, UpstreamProfile } from "../upstreams/upstream.ts";
import { attempt } from "./attempt.ts";
import { KnownLists } from "./known-lists.ts";
import { ListWatch } from "./list-watch.ts";
import { Retries } from "./retries.ts";
import { WaitingCalls } from "./waiting-calls.ts";

const CONNECT_TIMEOUT_MS = 10_000;
/** A first failed check is looked at again this soon; the second takes the upstream down. */
const RECHECK_MS = 500;
const FAILURES_TO_DOWN = 2;
/** Lists of upstreams that announce no changes are read again this often. */
const RELIST_MS = 60_000;
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
  era: Era | undefined;
  connection = 0;
  /** How long its last check took, in milliseconds. */
  latencyMs: number | undefined;
  /** What to call it in the log. */
  label: string;
  readonly #known = new KnownLists();
  readonly #upstream: Upstream;
  readonly #health: HealthPolicy;
  readonly #deps: SupervisorDeps;
  #cancelTimer: () => void = () => undefined;
  #busy = false;
  #closed = false;
  #failures = 0;
  readonly #retries: Retries;
  readonly #waiting = new WaitingCalls();
  /** Counts the times it was lost, so that a look from before can be told apart. */
  #losses = 0;
  #listedAt = 0;
  #checkedAt = 0;
  readonly #watch: ListWatch;

  /** @param label what to call it in the log */
  constructor(label: string, upstream: Upstream, health: HealthPolicy, deps: SupervisorDeps) {
    this.label = label;
    this.#upstream = upstream;
    this.#health = health;
    this.#deps = deps;
    this.since = deps.timers.date();
    this.#retries = new Retries(health.restarts);
    this.#watch = new ListWatch(upstream, {
      timers: deps.timers,
      onChange: (list) => {
        this.#known.announce(list);
        this.#lookSoon(SETTLE_MS);
      },
      onBreak: () => this.#lookSoon(0),
    });
    upstream.onEnd?.((reason) => this.#onEnd(reason));
    this.handle = {
      load: { active: 0, queue: [] },
      exchange: health.restarts === undefined ? upstream.exchange : this.#exchangeOnceStarted,
      waits: health.restarts !== undefined,
      notify: (message, session) => upstream.notify(message, session),
      watchResources: async (uris, onUpdated) => await upstream.watchResources(uris, onUpdated),
      suspect: () => {
        // Many calls fail at once; one look answers for all of them, but not one that came before them.
        this.#lookSoon(Math.max(0, this.#checkedAt + RECHECK_MS - deps.timers.now()));
      },
    };
  }

  /** The call of what is started for it, or is just starting, waits until it can go out. */
  #exchangeOnceStarted: Exchange = (message, context) => {
    if (this.status !== "idle" && this.status !== "starting") return this.#upstream.exchange(message, context);
    if (this.status === "idle") this.restart();
    return this.#waiting.wait().then(() => this.#upstream.exchange(message, context));
  };

  start(): void {
    this.#run(() => this.#begin());
  }

  /** Connects anew, whatever its state. */
  restart(): void {
    if (this.#closed) return;
    this.#losses++;
    this.#cancelTimer();
    this.#watch.stop();
    this.#retries.reset();
    this.#become("starting", undefined);
    this.#run(() => this.#connect());
  }

  /** Times it failed in a row. */
  get failures(): number {
    return this.#retries.failures;
  }

  details(): UpstreamDetails & { readonly problems?: readonly string[] } {
    const { problems } = this.#known;
    return { ...this.#upstream.details?.(), ...(problems.length > 0 && { problems }) };
  }

  /** Calls it works on, and those that wait for their turn. */
  get active(): number {
    const { active, queue } = this.handle.load;
    return active + queue.length;
  }

  get lists(): Lists {
    return this.#known.lists;
  }

  /** How often it said that each of its lists changed. */
  get announced(): Readonly<Record<ListKind, number>> {
    return this.#known.announced;
  }

  get tools(): readonly ListedTool[] {
    return this.lists.tools;
  }

  /** Shows, before it was ever reached, what the one it replaces lists. */
  inherit({ lists }: Supervisor): void {
    if (this.connection === 0) this.#known.take({ lists, problems: [] });
  }

  /** Looks after it no more; calls under way go on, and it can still be called by who holds its handle. */
  retire(): void {
    this.#closed = true;
    this.#cancelTimer();
    this.#watch.stop();
    this.#waiting.release("it was stopped");
  }

  async close(): Promise<void> {
    this.retire();
    await this.#upstream.close();
  }

  async #begin(): Promise<void> {
    const last = await this.#upstream.recall?.().catch(() => undefined);
    if (this.#closed || this.status !== "starting") return;
    if (last !== undefined) this.#show(last);
    if (last !== undefined && this.#health.isLazy === true) this.#become("idle", undefined);
    else await this.#connect();
  }

  async #connect(): Promise<void> {
    const started = this.#deps.timers.now();
    const losses = this.#losses;
    let profile: UpstreamProfile;
    try {
      const ms = this.#health.connectTimeoutMs ?? CONNECT_TIMEOUT_MS;
      profile = await attempt(this.#deps.timers, ms, (cancellation) => this.#upstream.connect(cancellation));
    } catch (error) {
      if (losses === this.#losses) this.#fail(reasonOf(error));
      return;
    }
    if (this.#closed || losses !== this.#losses) return;
    this.latencyMs = this.#deps.timers.now() - started;
    this.#retries.reached(this.#deps.timers.now());
    this.#failures = 0;
    this.#known.reading();
    this.connection++;
    this.#show(profile);
    this.#become("up", undefined);
    this.#watch.start();
    this.#schedule(0, () => this.#check());
  }

  #show(profile: UpstreamProfile): void {
    ({ name: this.ownName, version: this.version, description: this.description, era: this.era } = profile);
    this.#take(profile);
  }

  /** It failed: says so and tries again in a while. */
  #fail(reason: string): void {
    const { pauseMs, isLoop } = this.#retries.next(this.#deps.timers.now());
    const ended = this.#health.restarts === undefined ? reason : `${reason}; the next start is in ${pauseMs / 1000} s`;
    if (isLoop) this.#become("crash-loop", `${ended}, after ${this.#retries.failures} failures in a row`);
    else this.#become("down", ended);
    this.#schedule(pauseMs, () => this.#connect());
  }

  /** It ended by itself, which is known at once. */
  #onEnd(reason: Error): void {
    // Whoever connects learns it from that.
    if (this.#closed || (this.status !== "up" && this.status !== "degraded")) return;
    this.#losses++;
    this.#watch.stop();
    this.#fail(reason.message);
  }

  async #check(): Promise<void> {
    const { timers } = this.#deps;
    const losses = this.#losses;
    const started = (this.#checkedAt = timers.now());
    try {
      const checkup = await attempt(timers, this.#health.timeoutMs, (cancellation) =>
        this.#upstream.check(cancellation),
      );
      if (losses !== this.#losses) return;
      this.latencyMs = timers.now() - started;
      this.#failures = 0;
      const isDue = !this.#watch.isOpen && started - this.#listedAt > RELIST_MS;
      if (checkup.changed === true || this.#known.isStale || isDue) await this.#relist();
      if (losses !== this.#losses) return;
      this.#become(checkup.degraded === undefined ? "up" : "degraded", checkup.degraded);
      this.#schedule(this.#health.intervalMs, () => this.#check());
    } catch (error) {
      if (losses !== this.#losses) return;
      if (++this.#failures < FAILURES_TO_DOWN) return this.#schedule(RECHECK_MS, () => this.#check());
      this.#watch.stop();
      this.#fail(reasonOf(error));
    }
  }

  async #relist(): Promise<void> {
    const told = this.#known.reading();
    const read = (cancellation: Cancellation): Promise<ReadLists> => this.#upstream.readLists(cancellation);
    this.#take(await attempt(this.#deps.timers, CONNECT_TIMEOUT_MS, read), told);
  }

  #take(read: ReadLists, told?: readonly ListKind[]): void {
    this.#listedAt = this.#deps.timers.now();
    const { isNew, problems } = this.#known.take(read, told);
    const upstream = this.ownName ?? this.label;
    if (problems.length > 0) this.#deps.logger.warn({ upstream, problems }, "upstream lists");
    if (isNew) this.#deps.onChange();
  }

  /** Looks at a connected upstream before its turn. */
  #lookSoon(ms: number): void {
    if (this.#busy || this.#closed || (this.status !== "up" && this.status !== "degraded")) return;
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
      if (this.#known.isStale) this.#lookSoon(SETTLE_MS);
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
    if (status === "up" || status === "degraded") this.#waiting.release();
    else if (status !== "starting") this.#waiting.release(error ?? `it is ${status}`);
    this.#deps.onChange();
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
