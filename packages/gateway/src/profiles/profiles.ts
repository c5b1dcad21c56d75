import type { Snapshots } from "../core/snapshot.ts";
import type { Gateway } from "../gateway.ts";
import { type ProfileReport, ProfileSnapshots } from "./profile.ts";
import type { ProfileOptions } from "./schema.ts";

/** A profile as a front sees it: a gateway that has its part of everything, and no more. */
export interface Profile {
  readonly name: string;
  /** As they are now. */
  readonly options: ProfileOptions;
  /** The same one for as long as the profile is there. */
  readonly gateway: Gateway;
}

/** The profiles that there are. */
export interface ProfileSource {
  names(): Iterable<string>;
  get(name: string): Profile | undefined;
  /** Calls `listener` when profiles are gone; returns the way to stop it. */
  onRemoved(listener: () => void): () => void;
}

/** For a gateway that has none. */
export const NO_PROFILES: ProfileSource = { names: () => [], get: () => undefined, onRemoved: () => () => undefined };

/** What clients are told where nothing is served under a name. */
export function unknownProfile(profiles: ProfileSource, name: string): string {
  return `Unknown profile ${name}; known: ${[...profiles.names()].join(", ") || "none"}`;
}

export interface ProfilesDeps {
  readonly snapshots: Snapshots;
  /** Makes the gateway of a profile. */
  readonly createGateway: (name: string, part: ProfileSnapshots) => Gateway;
}

interface LiveProfile extends Profile {
  readonly part: ProfileSnapshots;
}

/** The profiles of the configuration in force. */
export class Profiles implements ProfileSource {
  readonly #deps: ProfilesDeps;
  readonly #profiles = new Map<string, LiveProfile>();
  readonly #listeners = new Set<() => void>();
  readonly #stop: () => void;

  constructor(deps: ProfilesDeps) {
    this.#deps = deps;
    this.#stop = deps.snapshots.subscribe((snapshot) => {
      for (const { part } of this.#profiles.values()) part.update(snapshot);
    });
  }

  /** Takes the whole list: begins what is new, ends what is gone, chooses anew where a choice changed. */
  use(wanted: Readonly<Record<string, ProfileOptions>>): void {
    const gone = [...this.#profiles.keys()].filter((name) => !Object.hasOwn(wanted, name));
    for (const name of gone) this.#profiles.delete(name);
    if (gone.length > 0) for (const listener of this.#listeners) listener();
    const { current } = this.#deps.snapshots;
    for (const [name, options] of Object.entries(wanted)) {
      const known = this.#profiles.get(name);
      if (known === undefined) this.#profiles.set(name, this.#open(name, options));
      else if (JSON.stringify(known.options) !== JSON.stringify(options)) known.part.update(current, options);
    }
  }

  #open(name: string, options: ProfileOptions): LiveProfile {
    const part = new ProfileSnapshots(options, this.#deps.snapshots.current);
    return {
      name,
      part,
      gateway: this.#deps.createGateway(name, part),
      get options() {
        return part.options;
      },
    };
  }

  names(): Iterable<string> {
    return this.#profiles.keys();
  }

  get(name: string): Profile | undefined {
    return this.#profiles.get(name);
  }

  onRemoved(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  report(): readonly ProfileReport[] {
    return [...this.#profiles].map(([name, { part }]) => part.report(name));
  }

  close(): void {
    this.#stop();
  }
}
