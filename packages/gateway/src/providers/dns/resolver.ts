import { Resolver as SystemResolver } from "node:dns/promises";

export interface SrvRecord {
  readonly name: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
}

export interface AddressRecord {
  readonly address: string;
  /** Seconds. */
  readonly ttl: number;
}

/** Asks DNS, and nothing else: no hosts file, no search domains. Each throws an Error with a `code` where there is no record. */
export interface Resolver {
  srv(name: string): Promise<readonly SrvRecord[]>;
  /** IPv4 first. */
  addresses(host: string): Promise<readonly AddressRecord[]>;
  /** Ends what is under way. */
  cancel(): void;
}

const PATIENCE_MS = 2_000;
const TRIES = 2;

/** @param servers the machine's own where there are none */
export function systemResolver(servers: readonly string[]): Resolver {
  const resolver = new SystemResolver({ timeout: PATIENCE_MS, tries: TRIES });
  if (servers.length > 0) resolver.setServers([...servers]);
  return {
    srv: (name) => resolver.resolveSrv(name),
    async addresses(host) {
      const options = { ttl: true } as const;
      const [four, six] = await Promise.allSettled([
        resolver.resolve4(host, options),
        resolver.resolve6(host, options),
      ]);
      const found = [four, six].flatMap((one) => (one.status === "fulfilled" ? one.value : []));
      if (found.length === 0 && four.status === "rejected") throw four.reason;
      return found;
    },
    cancel: () => resolver.cancel(),
  };
}
