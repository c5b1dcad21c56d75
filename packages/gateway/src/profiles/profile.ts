import { problemsOf, type ProfileView, viewOf } from "../core/profile-view.ts";
import type { Snapshot, Snapshots } from "../core/snapshot.ts";
import type { ProfileOptions } from "./schema.ts";

/** One profile as an operator sees it. */
export interface ProfileReport {
  readonly name: string;
  readonly description?: string;
  readonly tools: number;
  /** Upstreams it has something of. */
  readonly upstreams: readonly string[];
  /** What it names that is not there (yet). */
  readonly problems?: readonly string[];
}

/** The snapshots as one profile shows them: made when there is another one, or another choice, and only read by requests. */
export class ProfileSnapshots implements Snapshots {
  #options: ProfileOptions;
  #view: ProfileView;
  /** Of the view, once somebody asked. */
  #problems: readonly string[] | undefined;
  readonly #listeners = new Set<(snapshot: Snapshot) => void>();

  constructor(options: ProfileOptions, base: Snapshot) {
    this.#options = options;
    this.#view = viewOf(base, options);
  }

  get options(): ProfileOptions {
    return this.#options;
  }

  get current(): Snapshot {
    return this.#view.snapshot;
  }

  subscribe(listener: (snapshot: Snapshot) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Shows a new snapshot, or chooses anew. */
  update(base: Snapshot, options: ProfileOptions = this.#options): void {
    this.#options = options;
    this.#view = viewOf(base, options, this.#view);
    this.#problems = undefined;
    for (const listener of this.#listeners) listener(this.current);
  }

  report(name: string): ProfileReport {
    const { description } = this.#options;
    const problems = (this.#problems ??= problemsOf(this.#view));
    return {
      name,
      ...(description !== undefined && { description }),
      tools: this.current.catalog.routes.size,
      upstreams: [...this.current.upstreams.keys()],
      ...(problems.length > 0 && { problems }),
    };
  }
}
