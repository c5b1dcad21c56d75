import type { Announcement } from "@shardgate/contract";

/** An announcement that counts until a moment of the monotonic clock, in milliseconds. */
export interface Held {
  readonly announcement: Announcement;
  readonly until: number;
}

/** What became of an announcement. */
export type Taken =
  | { readonly outcome: "new" | "changed" | "renewed"; readonly leaseMs: number }
  | { readonly outcome: "withdrawn" | "unknown" }
  | { readonly outcome: "taken"; readonly by: Held }
  | { readonly outcome: "full" };

/** The live leases, one per name. Knows no clock: the time is told. */
export class Leases {
  readonly #held = new Map<string, Held>();
  readonly #defaultMs: number;
  readonly #max: number;

  constructor({ lease, max }: { readonly lease: number; readonly max: number }) {
    this.#defaultMs = lease;
    this.#max = max;
  }

  /**
   * Takes an announcement. A name belongs to the instance that holds its lease; at the same address another instance is the
   * same shard, started again.
   */
  take(announcement: Announcement, now: number): Taken {
    this.expire(now);
    const { name, instance, url, lease_s: wanted } = announcement;
    const held = this.#held.get(name);
    const isOwn = held !== undefined && (held.announcement.instance === instance || held.announcement.url === url);
    if (wanted === 0) {
      // A stop that comes late must not take away what the next start announced.
      if (held?.announcement.instance !== instance) return { outcome: "unknown" };
      this.#held.delete(name);
      return { outcome: "withdrawn" };
    }
    if (held !== undefined && !isOwn) return { outcome: "taken", by: held };
    if (held === undefined && this.#held.size >= this.#max) return { outcome: "full" };
    const leaseMs = wanted === undefined ? this.#defaultMs : wanted * 1_000;
    this.#held.set(name, { announcement, until: now + leaseMs });
    if (held === undefined) return { outcome: "new", leaseMs };
    return { outcome: held.announcement.url === url ? "renewed" : "changed", leaseMs };
  }

  /** Forgets what is over; returns their names. */
  expire(now: number): readonly string[] {
    const over = [...this.#held].filter(([, { until }]) => until <= now).map(([name]) => name);
    for (const name of over) this.#held.delete(name);
    return over;
  }

  /** When the next one ends; undefined when there is none. */
  get next(): number | undefined {
    return this.#held.size === 0 ? undefined : Math.min(...[...this.#held.values()].map(({ until }) => until));
  }

  /** In the order of their names, so that a renewal changes nothing. */
  get live(): readonly Announcement[] {
    return [...this.#held.values()]
      .map(({ announcement }) => announcement)
      .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }
}
