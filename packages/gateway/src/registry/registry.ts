import { toUpstreamName } from "@shardgate/contract";
import { Catalog } from "../core/catalog.ts";
import type { Logger } from "../core/logger.ts";
import type { Snapshot, UpstreamState } from "../core/snapshot.ts";
import type { Timers } from "../core/timers.ts";
import type { UpstreamDefinition, UpstreamOptions } from "../upstreams/index.ts";
import type { HealthPolicy, Upstream } from "../upstreams/upstream.ts";
import { Supervisor } from "./supervisor.ts";

export interface RegistryDeps {
  readonly timers: Timers;
  readonly logger: Logger;
  readonly createUpstream: (options: UpstreamOptions) => { upstream: Upstream; health: HealthPolicy };
}

/** Changes that come close together become one snapshot. */
const SETTLE_MS = 20;

/** One upstream as an operator sees it. */
export interface UpstreamReport {
  readonly name: string;
  readonly kind: string;
  readonly state: UpstreamState["status"];
  readonly tools: number;
  readonly url?: string;
  readonly version?: string;
  readonly latency_ms?: number;
  /** ISO 8601. */
  readonly since: string;
  readonly error?: string;
}

interface Entry {
  readonly definition: UpstreamDefinition;
  readonly supervisor: Supervisor;
}

/** What exists right now: turns definitions into supervised upstreams, and their states into snapshots. */
export class Registry {
  readonly #deps: RegistryDeps;
  /** By provider, then by id of the definition. */
  readonly #entries = new Map<string, Map<string, Entry>>();
  readonly #listeners = new Set<(snapshot: Snapshot) => void>();
  #current: Snapshot = { generation: 0, catalog: Catalog.of([]), upstreams: new Map() };
  /** Of the current snapshot, by name. */
  readonly #supervisors = new Map<string, Supervisor>();
  #listed: ReadonlyMap<string, readonly unknown[]> = new Map();
  #cancelPublish: (() => void) | undefined;

  constructor(deps: RegistryDeps) {
    this.#deps = deps;
  }

  get current(): Snapshot {
    return this.#current;
  }

  /** Takes a provider's whole state: starts what is new, closes what is gone, leaves alone what is the same. */
  replace(provider: string, definitions: readonly UpstreamDefinition[]): void {
    const before = this.#entries.get(provider) ?? new Map<string, Entry>();
    const after = new Map<string, Entry>();
    for (const definition of definitions) {
      if (!definition.options.enabled) continue;
      const kept = before.get(definition.id);
      const isSame = kept !== undefined && JSON.stringify(kept.definition) === JSON.stringify(definition);
      after.set(definition.id, isSame ? kept : this.#start(definition, provider));
    }
    this.#entries.set(provider, after);
    for (const [id, entry] of before) if (after.get(id) !== entry) void entry.supervisor.close();
    this.#publish();
  }

  #start(definition: UpstreamDefinition, provider: string): Entry {
    const { options } = definition;
    const { upstream, health } = this.#deps.createUpstream(options);
    const label = provisionalName(definition);
    const supervisor = new Supervisor(label, upstream, health, { ...this.#deps, onChange: () => this.#publishSoon() });
    this.#deps.logger.info(
      { upstream: label, kind: options.kind, provider, url: publicUrl(options) },
      "upstream registered",
    );
    supervisor.start();
    return { definition, supervisor };
  }

  /** Calls `listener` with each new snapshot; returns the way to stop it. */
  subscribe(listener: (snapshot: Snapshot) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** What the current snapshot shows: nothing is up, or listed, before a call can reach it. */
  report(): UpstreamReport[] {
    const { catalog, upstreams } = this.#current;
    return [...upstreams.values()].map(({ name, kind, status, url, version, since, error }) => {
      const latencyMs = this.#supervisors.get(name)?.latencyMs;
      return {
        name,
        kind,
        state: status,
        tools: catalog.toolsOf(name).length,
        ...(url === undefined ? {} : { url }),
        ...(version === undefined ? {} : { version }),
        ...(latencyMs === undefined ? {} : { latency_ms: Math.round(latencyMs * 10) / 10 }),
        since: since.toISOString(),
        ...(error === undefined ? {} : { error }),
      };
    });
  }

  async close(): Promise<void> {
    this.#cancelPublish?.();
    const entries = [...this.#entries.values()].flatMap((byId) => [...byId.values()]);
    this.#entries.clear();
    await Promise.all(entries.map(({ supervisor }) => supervisor.close()));
  }

  #publishSoon(): void {
    this.#cancelPublish ??= this.#deps.timers.after(SETTLE_MS, () => this.#publish());
  }

  #publish(): void {
    this.#cancelPublish?.();
    this.#cancelPublish = undefined;
    const upstreams = new Map<string, UpstreamState>();
    const listed = new Map<string, Supervisor["tools"]>();
    this.#supervisors.clear();
    for (const [name, { definition, supervisor, taken }] of this.#named()) {
      this.#supervisors.set(name, supervisor);
      upstreams.set(name, stateOf(name, definition, supervisor, taken));
      if (taken === undefined) listed.set(name, supervisor.tools);
    }
    const isSame =
      listed.size === this.#listed.size && [...listed].every(([name, tools]) => this.#listed.get(name) === tools);
    this.#listed = listed;
    const catalog = isSame
      ? this.#current.catalog
      : Catalog.of([...listed].map(([upstream, tools]) => ({ upstream, tools })));
    this.#current = { generation: this.#current.generation + 1, catalog, upstreams };
    for (const listener of this.#listeners) listener(this.#current);
  }

  /**
   * Every upstream under its name: the one its definition gives, else the one it gives itself, else one made from its
   * address. Where two claim a name, the first defined has it and the other shows under its address, out of service.
   */
  *#named(): Iterable<[string, Entry & { taken: string | undefined }]> {
    const used = new Set<string>();
    for (const entry of [...this.#entries.values()].flatMap((byId) => [...byId.values()])) {
      const { definition, supervisor } = entry;
      const wanted = definition.name ?? supervisor.ownName ?? provisionalName(definition);
      const taken = used.has(wanted) ? wanted : undefined;
      let name = taken === undefined ? wanted : provisionalName(definition);
      for (let number = 2; used.has(name); number++) name = toUpstreamName(`${provisionalName(definition)}-${number}`);
      used.add(name);
      yield [name, { ...entry, taken }];
    }
  }
}

function stateOf(
  name: string,
  { options }: UpstreamDefinition,
  supervisor: Supervisor,
  taken: string | undefined,
): UpstreamState {
  const { status, since, error, version, description, connection, handle } = supervisor;
  const collision = `the name ${taken} is taken by another upstream; give one of them a name of its own`;
  return {
    name,
    kind: options.kind,
    url: publicUrl(options),
    status: taken === undefined ? status : "down",
    since,
    error: taken === undefined ? error : collision,
    version,
    description,
    connection,
    handle,
    timeoutMs: options.timeout,
  };
}

/** What to call an upstream that has no name yet, from its address: `http://traefik-shard:9101` → `traefik-shard`. */
function provisionalName({ name, options }: UpstreamDefinition): string {
  if (name !== undefined) return name;
  if (!("url" in options)) return toUpstreamName(options.command);
  const { hostname, port } = new URL(options.url);
  const isAddress = hostname === "localhost" || /^[\d.]+$|^\[/.test(hostname);
  return toUpstreamName(isAddress ? `${hostname}-${port}` : hostname);
}

/** An address without what may be secret in it: credentials and query; undefined for a program. */
function publicUrl(options: UpstreamOptions): string | undefined {
  if (!("url" in options)) return undefined;
  const { origin, pathname } = new URL(options.url);
  return pathname === "/" ? origin : origin + pathname;
}
