import { BuildError, type Item, qualify, text, type Items } from "./item.ts";

type Config = Record<string, unknown>;

const TYPES = ["loadBalancer", "highestRandomWeight", "weighted", "mirroring", "failover"] as const;
const STRATEGIES = new Set(["", "wrr", "p2c", "hrw", "leasttime"]);

/** Builds HTTP services on demand, as routers ask for them. Those that nobody asks for stay unchecked, as in Traefik. */
export function httpServiceBuilder(services: Items, transports: ReadonlySet<string>): (name: string) => void {
  const building = new Set<string>();
  const build = (name: string): void => {
    const service = services.get(name);
    if (service === undefined) throw new BuildError(`the service "${name}" does not exist`);
    if (name.endsWith("@internal")) return;
    if (service.status === "disabled") throw new BuildError(service.error.join(", "));
    if (building.has(name))
      return fail(service, `recursion detected in ${[...building, name].map((one) => `service:${one}`).join("->")}`);
    const types = TYPES.filter((type) => service.config[type] !== undefined);
    if (types.length > 1) {
      return fail(
        service,
        "cannot create service: multi-types service not supported, consider declaring two different pieces of service instead",
      );
    }
    building.add(name);
    try {
      switch (types[0]) {
        case undefined:
          throw new BuildError(`the service "${name}" does not have any type defined`);
        case "loadBalancer":
          buildLoadBalancer(name, service, transports);
          break;
        default:
          for (const child of childrenOf(service.config[types[0]] as Config))
            buildChild(types[0], qualify(child, name), build);
      }
    } catch (error) {
      if (error instanceof BuildError) service.fail(error.message);
      throw error;
    } finally {
      building.delete(name);
    }
  };
  return build;
}

function buildChild(type: string, child: string, build: (name: string) => void): void {
  try {
    build(child);
  } catch (error) {
    if (!(error instanceof BuildError) || type !== "weighted") throw error;
    throw new BuildError(`building HTTP service "${child.split("@")[0]}": ${error.message}`);
  }
}

function fail(service: Item, message: string): never {
  service.fail(message);
  throw new BuildError(message);
}

function buildLoadBalancer(name: string, service: Item, transports: ReadonlySet<string>): void {
  const balancer = service.config["loadBalancer"] as Config;
  const strategy = text(balancer["strategy"]);
  if (!STRATEGIES.has(strategy)) throw new BuildError(`unsupported load-balancer strategy "${strategy}"`);
  const named = text(balancer["serversTransport"]);
  const transport = named === "" ? "" : qualify(named, name);
  if (transport !== "") balancer["serversTransport"] = transport;
  const servers = (balancer["servers"] ?? []) as Config[];
  for (const server of servers) {
    const url = text(server["url"]);
    const wrong = wrongUrl(url);
    if (wrong !== undefined)
      throw new BuildError(`error parsing server URL ${url}: parse ${JSON.stringify(url)}: ${wrong}`);
    if (transport !== "" && !transports.has(transport)) {
      throw new BuildError(
        `error building proxy for server URL ${url}: getting RoundTripper: servers transport not found ${transport}`,
      );
    }
    service.serverStatus[url] = "UP";
  }
}

/** What Go's url.Parse refuses; it takes nearly everything else, also what no proxy can reach. */
export function wrongUrl(url: string): string | undefined {
  // eslint-disable-next-line no-control-regex
  if (/[\u0000-\u0020\u007F]/.test(url.split(/[?#]/)[0] as string))
    return url.includes(" ") ? 'invalid character " " in host name' : "net/url: invalid control character in URL";
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(url);
  if (scheme === null) {
    if (url.startsWith(":")) return "missing protocol scheme";
    return (url.split("/")[0] as string).includes(":") ? "first path segment in URL cannot contain colon" : undefined;
  }
  const rest = url.slice(scheme[0].length);
  if (!rest.startsWith("//")) return undefined;
  const authority = (rest.slice(2).split(/[/?#]/)[0] as string).split("@").at(-1) as string;
  const port = /^(?:\[[^\]]*\]|[^:]*)(?::(.*))?$/.exec(authority);
  if (port === null || (port[1] !== undefined && !/^\d*$/.test(port[1])))
    return `invalid port ${JSON.stringify(`:${authority.split(":").slice(1).join(":")}`)} after host`;
  return /%(?![0-9A-Fa-f]{2})/.test(rest) ? `invalid URL escape` : undefined;
}

/** Names of the services a composed service sends requests to. */
export function childrenOf(composed: Config): string[] {
  const lists = [composed["services"], composed["mirrors"]].flatMap((list) =>
    Array.isArray(list) ? (list as Config[]) : [],
  );
  const singles = [composed["service"], composed["fallback"]].map(text).filter((name) => name !== "");
  return [...singles, ...lists.map((child) => text(child["name"])).filter((name) => name !== "")];
}

/** Builds TCP or UDP services on demand. */
export function streamServiceBuilder(services: Items, protocol: "tcp" | "udp"): (name: string) => void {
  const word = protocol === "udp" ? "UDP service" : "service";
  const build = (name: string): void => {
    const service = services.get(name);
    if (service === undefined) throw new BuildError(`the ${word} "${name}" does not exist`);
    const { loadBalancer, weighted } = service.config as { loadBalancer?: Config; weighted?: Config };
    if (loadBalancer !== undefined && weighted !== undefined) {
      fail(
        service,
        "cannot create service: multi-types service not supported, consider declaring two different pieces of service instead",
      );
    }
    if (loadBalancer === undefined && weighted === undefined)
      fail(service, `the ${word} "${name}" does not have any type defined`);
    for (const child of weighted === undefined ? [] : childrenOf(weighted)) build(qualify(child, name));
    for (const server of (loadBalancer?.["servers"] ?? []) as Config[]) {
      const address = text(server["address"]);
      // A server without a port is logged and left out; the UDP side shows no state at all.
      if (protocol === "tcp" && /^(\[[^\]]*\]|[^:]*):[^:]*$/.test(address)) service.serverStatus[address] = "UP";
    }
  };
  return build;
}
