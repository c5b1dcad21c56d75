import type { Container } from "./container.ts";

/** Where the gateway stands toward the containers. */
export interface Standpoint {
  /** The gateway's own container; undefined where it runs outside of the engine, or on the host's network. */
  readonly own: Container | undefined;
  /** Where published ports are reached, when the gateway is outside; undefined where nobody said so. */
  readonly host: string | undefined;
  /** The engine runs on this very machine, so the addresses of its containers may be reached from it. */
  readonly isLocal: boolean;
  /** Network to prefer. */
  readonly network: string | undefined;
}

/** Networks that carry other traffic than that between containers. */
const INTERNAL = new Set(["ingress", "docker_gwbridge"]);

/**
 * Host and port under which the gateway reaches a port of a container: in a network that both are in; from outside at the
 * published port, else on the same machine at the container's own address.
 *
 * @throws Error with the reason why there is none, and what to do
 */
export function addressOf(container: Container, port: number, at: Standpoint): string {
  const { own, network } = at;
  if (own !== undefined && container.networkMode === `container:${own.id}`) return `127.0.0.1:${port}`;
  if (container.networkMode === "host") return onHost(port, at);
  const published = container.ports.filter(({ inside, outside }) => inside === port && outside !== undefined);
  if (own === undefined && published.length > 0) {
    const { ip, outside } = published.find((one) => !one.ip.includes(":")) ?? (published[0] as (typeof published)[0]);
    const isAnywhere = ip === "" || ip === "0.0.0.0" || ip === "::";
    if (at.host !== undefined) return `${bracketed(at.host)}:${outside}`;
    if (at.isLocal) return `${isAnywhere ? "127.0.0.1" : bracketed(ip)}:${outside}`;
  }
  const ownNetworks = new Set(own?.networks.map(({ id }) => id));
  const reachable = container.networks.filter(
    ({ name, id, address }) =>
      address !== "" &&
      (own === undefined ? at.isLocal : ownNetworks.has(id)) &&
      (name === network || !INTERNAL.has(name)),
  );
  const chosen = reachable.find(({ name }) => isCalled(name, network)) ?? reachable[0];
  if (chosen !== undefined) return `${bracketed(chosen.address)}:${port}`;
  if (own === undefined)
    throw new Error(`it publishes no port for its ${port}; publish one, or run the gateway in a network of it`);
  const first = published[0];
  if (at.host !== undefined && first !== undefined) return `${bracketed(at.host)}:${first.outside}`;
  const names = own.networks.map(({ name }) => name).join(", ") || "none";
  throw new Error(`it shares no network with the gateway (which is in ${names}); connect it to one`);
}

function onHost(port: number, { own, host, isLocal }: Standpoint): string {
  if (host !== undefined) return `${bracketed(host)}:${port}`;
  if (own === undefined && isLocal) return `127.0.0.1:${port}`;
  throw new Error("it is on the host's network; say in providers.docker.host how the gateway reaches the host");
}

/** Compose prefixes the names of a project's networks: `house_shards` is the project's `shards`. */
function isCalled(name: string, wanted: string | undefined): boolean {
  return wanted !== undefined && (name === wanted || name.endsWith(`_${wanted}`));
}

function bracketed(host: string): string {
  return host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
}
