import type { Timers } from "../../core/timers.ts";
import type { UpstreamDefinition } from "../../upstreams/index.ts";
import type { Standpoint } from "./address.ts";
import { type Container, containerSchema, toContainer } from "./container.ts";
import { definitionsOf, type Read } from "./definitions.ts";
import { type EngineApi, EngineError } from "./engine-api.ts";
import { LABEL_PREFIX } from "./labels.ts";
import type { DockerOptions } from "./schema.ts";

const MAX_CONTAINERS = 1_000;

/** Of an inspection, only where the container is. */
const ownSchema = containerSchema.pick({ Id: true, HostConfig: true, NetworkSettings: true });

export interface ReaderDeps {
  readonly api: EngineApi;
  readonly timers: Timers;
  readonly ownId: () => Promise<string | undefined>;
}

/** Reads what the engine runs, and remembers for a while what has stopped. */
export class Reader {
  /** Called with what is left when the time of something that stopped is over. */
  onLeft: (definitions: readonly UpstreamDefinition[]) => void = () => undefined;
  readonly #options: DockerOptions & { readonly endpoint: string };
  readonly #deps: ReaderDeps;
  #running: readonly UpstreamDefinition[] = [];
  /** By id: definitions of containers that stopped, and when they are forgotten. */
  readonly #stopped = new Map<string, { readonly definition: UpstreamDefinition; readonly until: number }>();
  #cancelForget: () => void = () => undefined;

  constructor(options: DockerOptions & { readonly endpoint: string }, deps: ReaderDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  /** @throws Error when the engine does not say */
  async read(signal: AbortSignal): Promise<Read> {
    const own = await this.#own(signal);
    const filters = JSON.stringify({ label: [`${LABEL_PREFIX}enable`] });
    const answer = await this.#deps.api.get(`/containers/json?filters=${encodeURIComponent(filters)}`, signal);
    if (!Array.isArray(answer)) throw new Error("it does not list its containers; is it a Docker engine?");
    const listed: readonly unknown[] = answer;
    const problems: string[] = [];
    const containers: Container[] = [];
    for (const one of listed.slice(0, MAX_CONTAINERS)) {
      const parsed = containerSchema.safeParse(one);
      if (parsed.success) containers.push(toContainer(parsed.data));
      else
        problems.push(
          `a container is left out: the engine describes it in a way we do not know (${parsed.error.issues[0]?.path.join(".")})`,
        );
    }
    if (listed.length > MAX_CONTAINERS)
      problems.push(`${listed.length - MAX_CONTAINERS} containers beyond the first ${MAX_CONTAINERS} are left out`);
    const found = definitionsOf(containers, this.#standpoint(own));
    this.#remember(found);
    return { ...found, definitions: this.#all(), problems: [...problems, ...found.problems] };
  }

  close(): void {
    this.#cancelForget();
    this.#stopped.clear();
  }

  async #own(signal: AbortSignal): Promise<Container | undefined> {
    const id = await this.#deps.ownId();
    if (id === undefined) return undefined;
    try {
      const parsed = ownSchema.safeParse(await this.#deps.api.get(`/containers/${id}/json`, signal));
      if (!parsed.success) throw new Error("it describes the gateway's own container in a way we do not know");
      return toContainer(parsed.data);
    } catch (error) {
      // Another engine's container, as far as this one knows.
      if (error instanceof EngineError && error.status === 404) return undefined;
      throw error;
    }
  }

  #standpoint(own: Container | undefined): Standpoint {
    const { endpoint, host, network } = this.#options;
    const isSocket = endpoint.startsWith("unix:");
    const engineHost = isSocket ? undefined : new URL(endpoint.replace(/^tcp:/, "http:")).hostname;
    const isLoopback = engineHost !== undefined && /^(localhost|127\.|\[::1\])/.test(engineHost);
    return {
      // On the host's network it is where a program outside of the engine would be.
      own: own?.networkMode === "host" ? undefined : own,
      host: host ?? (isSocket || isLoopback || own !== undefined ? undefined : engineHost),
      isLocal: isSocket || isLoopback,
      network,
    };
  }

  #remember({ definitions, services }: Read): void {
    const { timers } = this.#deps;
    for (const definition of this.#running) {
      if (services.has(definition.id)) continue;
      this.#stopped.set(definition.id, { definition, until: timers.now() + this.#options.grace });
    }
    for (const id of services) this.#stopped.delete(id);
    this.#running = definitions;
    this.#forget();
  }

  #forget(): void {
    const { timers } = this.#deps;
    this.#cancelForget();
    for (const [id, { until }] of this.#stopped) if (until <= timers.now()) this.#stopped.delete(id);
    const next = Math.min(...[...this.#stopped.values()].map(({ until }) => until));
    if (next === Infinity) return;
    this.#cancelForget = timers.after(next - timers.now(), () => {
      this.#forget();
      this.onLeft(this.#all());
    });
  }

  /** What runs comes first, so that a name goes over to it. */
  #all(): readonly UpstreamDefinition[] {
    const names = new Set(this.#running.map(({ name }) => name));
    const stopped = [...this.#stopped.values()].map(({ definition }) => definition);
    return [...this.#running, ...stopped.filter(({ name }) => !names.has(name))];
  }
}
