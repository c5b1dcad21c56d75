import { toUpstreamName } from "@shardgate/contract";
import type { Logger } from "../core/logger.ts";
import type { Snapshot, UpstreamState } from "../core/snapshot.ts";
import type { Timers } from "../core/timers.ts";
import type { UpstreamDefinition } from "../upstreams/index.ts";
import type { HealthPolicy, Upstream } from "../upstreams/upstream.ts";
import { Catalogs } from "./catalogs.ts";
import { connectionOf, Place } from "./place.ts";
import { reportOf, type UpstreamReport } from "./report.ts";
import { Retirement } from "./retirement.ts";
import { provisionalName, publicUrl } from "./shown-as.ts";
import { Supervisor } from "./supervisor.ts";

export interface RegistryDeps {
  /** Names of the providers, the one whose definitions come first in front; others follow in the order they appear. */
  readonly precedence?: readonly string[];
  readonly timers: Timers;
  readonly logger: Logger;
  /** @param name what to call it before it has said its own */
  readonly createUpstream: (
    definition: UpstreamDefinition,
    name: string,
  ) => { upstream: Upstream; health: HealthPolicy };
  /** Whether downstreams send the key to the gateway in Authorization; it is then passed to no upstream. */
  readonly isKeyOurs?: () => boolean;
}

/** Changes that come close together become one snapshot. */
const SETTLE_MS = 20;

interface Named {
  readonly place: Place;
  /** The one that has the name this one wants. */
  readonly taken: { readonly name: string; readonly by: Place } | undefined;
}

/** What exists right now: turns definitions into supervised upstreams, and their states into snapshots. */
export class Registry {
  readonly #deps: RegistryDeps;
  /** By provider, then by id of the definition. */
  readonly #places: Map<string, Map<string, Place>>;
  readonly #retirement: Retirement;
  readonly #listeners = new Set<(snapshot: Snapshot) => void>();
  readonly #catalogs = new Catalogs();
  #current: Snapshot;
  /** Of the current snapshot, by name. */
  readonly #named = new Map<string, Named>();
  /** Collisions the log knows. */
  #collisions: ReadonlySet<string> = new Set();
  #cancelPublish: (() => void) | undefined;

  constructor(deps: RegistryDeps) {
    this.#deps = deps;
    this.#places = new Map((deps.precedence ?? []).map((provider) => [provider, new Map()]));
    this.#retirement = new Retirement(deps.timers);
    const { tools: catalog, prompts, resources } = this.#catalogs;
    this.#current = { generation: 0, catalog, prompts, resources, upstreams: new Map() };
  }

  get current(): Snapshot {
    return this.#current;
  }

  /**
   * Takes a provider's whole state: starts what is new, ends what is gone once its calls have, starts what changed beside
   * what it replaces, leaves alone what is the same. One that has another name now and is reached as before keeps its
   * connections and processes.
   */
  replace(provider: string, definitions: readonly UpstreamDefinition[]): void {
    const before = this.#places.get(provider) ?? new Map<string, Place>();
    const after = new Map<string, Place>();
    const wanted = definitions.filter(({ options }) => options.enabled);
    const ids = new Set(wanted.map(({ id }) => id));
    const homeless = new Map([...before].filter(([id]) => !ids.has(id)).map(([, place]) => [place.reachedBy, place]));
    for (const definition of wanted) {
      const reachedBy = connectionOf(definition);
      const renamed = before.has(definition.id) ? undefined : homeless.get(reachedBy);
      if (renamed !== undefined) homeless.delete(reachedBy);
      const place = before.get(definition.id) ?? renamed ?? this.#open(provider, definition);
      place.redefine(definition);
      place.supervisor.label = provisionalName(definition);
      after.set(definition.id, place);
    }
    this.#places.set(provider, after);
    const kept = new Set(after.values());
    for (const place of before.values()) {
      if (!kept.has(place)) for (const one of place.leave()) this.#retirement.take(one);
    }
    this.#publish();
  }

  #open(provider: string, definition: UpstreamDefinition): Place {
    return new Place(provider, definition, {
      timers: this.#deps.timers,
      start: (current, onChange) => this.#start(provider, current, onChange),
      retire: (supervisor) => this.#retirement.take(supervisor),
      onChange: () => this.#publishSoon(),
      isKeyOurs: this.#deps.isKeyOurs ?? (() => false),
    });
  }

  #start(provider: string, definition: UpstreamDefinition, onChange: () => void): Supervisor {
    const { options } = definition;
    const label = provisionalName(definition);
    const { upstream, health } = this.#deps.createUpstream(definition, label);
    const supervisor = new Supervisor(label, upstream, health, { ...this.#deps, onChange });
    this.#deps.logger.info(
      { upstream: label, kind: options.kind, provider, url: publicUrl(definition.options) },
      "upstream registered",
    );
    supervisor.start();
    return supervisor;
  }

  /** Calls `listener` with each new snapshot; returns the way to stop it. */
  subscribe(listener: (snapshot: Snapshot) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Connects an upstream anew, which starts a program of ours again. @returns false where there is none of that name */
  restart(name: string): boolean {
    const named = this.#named.get(name);
    named?.place.supervisor.restart();
    return named !== undefined;
  }

  /** What was said last of an upstream; undefined where there is none of that name. */
  definitionOf(name: string): UpstreamDefinition | undefined {
    return this.#named.get(name)?.place.latest;
  }

  /** What the current snapshot shows: nothing is up, or listed, before a call can reach it. */
  report(): UpstreamReport[] {
    const { catalog, upstreams } = this.#current;
    return [...upstreams.values()].flatMap((state) => {
      const named = this.#named.get(state.name);
      if (named === undefined) return [];
      const { place, taken } = named;
      return reportOf(state, catalog.toolsOf(state.name).length, place, taken !== undefined);
    });
  }

  async close(): Promise<void> {
    this.#cancelPublish?.();
    const supervisors = [...this.#all()].flatMap((place) => place.leave());
    this.#places.clear();
    await Promise.all([this.#retirement.close(), ...supervisors.map((supervisor) => supervisor.close())]);
  }

  *#all(): Iterable<Place> {
    for (const byId of this.#places.values()) yield* byId.values();
  }

  #publishSoon(): void {
    this.#cancelPublish ??= this.#deps.timers.after(SETTLE_MS, () => this.#publish());
  }

  #publish(): void {
    this.#cancelPublish?.();
    this.#cancelPublish = undefined;
    const upstreams = new Map<string, UpstreamState>();
    const listed = new Map<string, Place>();
    this.#nameAll();
    for (const [name, { place, taken }] of this.#named) {
      upstreams.set(name, stateOf(name, place, taken));
      if (taken === undefined) listed.set(name, place);
    }
    this.#catalogs.update(listed);
    const { tools: catalog, prompts, resources } = this.#catalogs;
    this.#current = { generation: this.#current.generation + 1, catalog, prompts, resources, upstreams };
    for (const listener of this.#listeners) listener(this.#current);
  }

  /**
   * Gives every upstream its name: the one its definition gives, else the one it gives itself, else one made from its
   * address. The merge rule: where several want a name, the provider that comes first has it, within a provider the
   * definition that comes first; the others are shown under names made from theirs, out of service, until it is free.
   */
  #nameAll(): void {
    this.#named.clear();
    const collisions = new Set<string>();
    const places = [...this.#all()];
    const holders = new Map<string, Place>();
    for (const place of places) {
      const wanted = wantedName(place);
      if (!holders.has(wanted)) holders.set(wanted, place);
    }
    for (const place of places) {
      const wanted = wantedName(place);
      const by = holders.get(wanted) as Place;
      if (by === place) {
        this.#named.set(wanted, { place, taken: undefined });
        continue;
      }
      const own = provisionalName(place.definition);
      let name = own;
      // Names that others have by right stay theirs.
      for (let number = 2; holders.has(name) || this.#named.has(name); number++) {
        name = toUpstreamName(`${own}-${number}`);
      }
      this.#named.set(name, { place, taken: { name: wanted, by } });
      this.#logCollision(collisions, { wanted, name, place, by });
    }
    this.#collisions = collisions;
  }

  #logCollision(seen: Set<string>, found: { wanted: string; name: string; place: Place; by: Place }): void {
    const { wanted, name, place, by } = found;
    const key = `${wanted} ${place.provider} ${place.definition.id} ${by.provider} ${by.definition.id}`;
    seen.add(key);
    if (this.#collisions.has(key)) return;
    this.#deps.logger.warn(
      { upstream: wanted, provider: by.provider, shadowed: name, shadowedProvider: place.provider },
      "two upstreams of one name",
    );
  }
}

function wantedName({ definition, supervisor }: Place): string {
  return definition.name ?? supervisor.ownName ?? provisionalName(definition);
}

function stateOf(name: string, place: Place, taken: Named["taken"]): UpstreamState {
  const { definition, supervisor } = place;
  const { options, original } = definition;
  const { status, since, error, version, description, era, connection, handle } = supervisor;
  return {
    name,
    kind: options.kind,
    url: publicUrl(options),
    original,
    group: options.group,
    status: taken === undefined ? status : "down",
    since,
    error: taken === undefined ? error : collision(taken),
    version,
    description,
    era,
    connection,
    handle,
    timeoutMs: options.timeout,
    limits: options.limits,
    passHeaders: place.passHeaders,
    confirms: place.confirms,
  };
}

function collision({ name, by }: { readonly name: string; readonly by: Place }): string {
  const where = publicUrl(by.definition.options);
  const holder = `the one of provider ${by.provider}${where === undefined ? "" : ` at ${where}`}`;
  return `the name ${name} is taken by ${holder}, which comes first; give one of them a name of its own`;
}
