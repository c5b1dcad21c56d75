import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Standpoint } from "./address.ts";
import { type Container, containerSchema, toContainer } from "./container.ts";
import { definitionsOf } from "./definitions.ts";

const outside: Standpoint = { own: undefined, host: undefined, isLocal: true, network: undefined };

interface Described {
  readonly labels?: Record<string, string>;
  readonly ports?: readonly object[];
  readonly networks?: Record<string, string>;
  readonly mode?: string;
  readonly status?: string;
  readonly created?: number;
}

function container(name: string, described: Described = {}): Container {
  const { labels = {}, ports = [{ PrivatePort: 9102, Type: "tcp" }], networks = { house: "172.20.0.5" } } = described;
  return toContainer(
    containerSchema.parse({
      Id: `id-of-${name}`,
      Names: [`/${name}`],
      Created: described.created ?? 1,
      Labels: { "shardgate.enable": "true", ...labels },
      Status: described.status ?? "Up 2 minutes",
      Ports: ports,
      HostConfig: { NetworkMode: described.mode ?? "house" },
      NetworkSettings: {
        Networks: Object.fromEntries(
          Object.entries(networks).map(([net, IPAddress]) => [net, { NetworkID: `net-${net}`, IPAddress }]),
        ),
      },
    }),
  );
}

const read = (containers: readonly Container[], at: Standpoint = outside) => {
  const { definitions, problems } = definitionsOf(containers, at);
  const urls = definitions.map(({ name, options }) => `${name} ${options.kind} ${"url" in options ? options.url : ""}`);
  return { urls, problems, definitions };
};

describe("labels", () => {
  it("say what an upstream is; nothing is used that does not ask for it", () => {
    const labels = {
      "shardgate.name": "nas",
      "shardgate.port": "8080",
      "shardgate.path": "/api/mcp",
      "shardgate.scheme": "https",
      "shardgate.headers.Authorization": "Bearer x",
      "shardgate.timeout": "5s",
      "shardgate.stand-in": "node",
    };
    const { definitions, problems } = read([
      container("a", { labels }),
      container("off", { labels: { "shardgate.enable": "false" } }),
    ]);
    expect(problems).toEqual([]);
    expect(definitions).toMatchObject([
      {
        id: "container:a",
        name: "nas",
        options: {
          kind: "mcp-http",
          url: "https://172.20.0.5:8080/api/mcp",
          headers: { Authorization: "Bearer x" },
          timeout: 5_000,
        },
      },
    ]);
  });

  it("take names from Compose and Swarm, and one upstream for all replicas", () => {
    const compose = (number: string, status?: string) =>
      container(`house-time-${number}`, {
        labels: {
          "com.docker.compose.project": "house",
          "com.docker.compose.service": "time",
          "com.docker.compose.container-number": number,
        },
        networks: { house_default: `172.21.0.${number}` },
        ...(status !== undefined && { status }),
      });
    const swarm = container("media_plex.2.x7k", {
      labels: {
        "com.docker.stack.namespace": "media",
        "com.docker.swarm.service.name": "media_plex",
        "com.docker.swarm.task.name": "media_plex.2.x7k",
      },
      networks: { ingress: "10.0.0.9", media_net: "10.0.1.9" },
    });
    const { urls, definitions } = read([compose("2"), compose("1", "Up 1 minute (unhealthy)"), compose("3"), swarm]);
    expect(urls).toEqual(["time shard http://172.21.0.2:9102", "plex shard http://10.0.1.9:9102"]);
    expect(definitions.map(({ id }) => id)).toEqual(["compose:house/time", "swarm:media_plex"]);
    expect(read([container("My_Home.Assistant-1")]).urls[0]).toMatch(/^[a-z0-9-]{1,16} shard/);
  });

  it.each([
    [{ "shardgate.command": "rm" }, /label shardgate\.command names a command.*own file or environment only/],
    [{ "shardgate.args": "-rf" }, /label shardgate\.args names a command/],
    [{ "shardgate.env.PATH": "/x" }, /label shardgate\.env\.PATH names a command/],
    [{ "shardgate.kind": "stdio" }, /label shardgate\.kind=stdio names a command/],
    [{ "shardgate.kind": "smtp" }, /label shardgate\.kind cannot be used/],
    [{ "shardgate.enable": "perhaps" }, /shardgate\.enable is "perhaps"/],
    [{ "shardgate.port": "99999" }, /shardgate\.port is "99999"/],
    [{ "shardgate.path": "mcp" }, /shardgate\.path is "mcp"; it begins with \//],
    [{ "shardgate.scheme": "file" }, /shardgate\.scheme is "file"/],
    [{ "shardgate.timeout": "5" }, /label shardgate\.timeout cannot be used: must be a number with its unit/],
    [{ "shardgate.headers.X Y": "1" }, /label shardgate\.headers/],
    [{ "shardgate.kind": "shard", "shardgate.path": "/mcp" }, /shardgate\.path is for other kinds/],
  ])("%o is left out, and why is said", (labels, why) => {
    const { urls, problems } = read([
      container("bad", { labels: labels as Record<string, string> }),
      container("good"),
    ]);
    expect(urls).toEqual(["good shard http://172.20.0.5:9102"]);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^container bad is left out: /);
    expect(problems[0]).toMatch(why);
  });

  it("that are misspelled are told, and the rest counts", () => {
    const { urls, problems } = read([container("a", { labels: { "shardgate.prot": "1" } })]);
    expect(urls).toHaveLength(1);
    expect(problems[0]).toContain("the label shardgate.prot is unknown; there are enable, name, port,");
  });

  it("of any kind do not break the reading, and never make a command or touch a prototype", () => {
    const key = fc.oneof(
      fc.constantFrom(
        "command",
        "kind",
        "port",
        "path",
        "tools.__proto__.x",
        "__proto__",
        "limits.active",
        "headers.a",
        "scheme",
      ),
      fc.string({ maxLength: 20 }),
    );
    const labels = fc.dictionary(
      key.map((name) => `shardgate.${name}`),
      fc.string({ maxLength: 20 }),
    );
    fc.assert(
      fc.property(labels, (found) => {
        for (const { options } of read([container("a", { labels: found })]).definitions) {
          expect(options).not.toHaveProperty("command");
          expect("url" in options && new URL(options.url).hostname).toBe("172.20.0.5");
        }
        expect(({} as Record<string, unknown>)["x"]).toBeUndefined();
      }),
    );
  });
});

describe("the address", () => {
  const own = container("gateway", { networks: { shared: "172.30.0.2", other: "172.31.0.2" }, mode: "shared" });
  const inside: Standpoint = { ...outside, own };
  const both = { house: "172.20.0.5", other: "172.31.0.7", shared: "172.30.0.7" };
  const published = [
    { PrivatePort: 9102, PublicPort: 32_768, IP: "::", Type: "tcp" },
    { PrivatePort: 9102, PublicPort: 32_769, IP: "0.0.0.0", Type: "tcp" },
    { PrivatePort: 53, Type: "udp" },
  ];

  it.each<[string, Described, Standpoint, string]>([
    ["in a network shared with the gateway", { networks: both }, inside, "172.31.0.7:9102"],
    ["in the network that is preferred", { networks: both }, { ...inside, network: "shared" }, "172.30.0.7:9102"],
    [
      "in the network its label names",
      { networks: both, labels: { "shardgate.network": "shared" } },
      inside,
      "172.30.0.7:9102",
    ],
    [
      "in the gateway's own network namespace",
      { networks: {}, mode: "container:id-of-gateway" },
      inside,
      "127.0.0.1:9102",
    ],
    ["published, for a gateway outside", { ports: published }, outside, "127.0.0.1:32769"],
    [
      "published, behind a remote engine",
      { ports: published },
      { ...outside, isLocal: false, host: "nas.lan" },
      "nas.lan:32769",
    ],
    ["its own, for a gateway outside on the same machine", {}, outside, "172.20.0.5:9102"],
    ["on the host's network", { networks: { host: "" }, mode: "host" }, outside, "127.0.0.1:9102"],
    ["IPv6 where there is nothing else", { networks: { six: "fd00::5" } }, outside, "[fd00::5]:9102"],
  ])("is %s", (_, described, at, address) => {
    const labels = { "shardgate.port": "9102", ...described.labels };
    expect(read([container("a", { ...described, labels })], at)).toMatchObject({
      urls: [`a shard http://${address}`],
      problems: [],
    });
  });

  it.each<[string, Described, Standpoint, RegExp]>([
    [
      "shares no network",
      {},
      inside,
      /shares no network with the gateway \(which is in other, shared\); connect it to one/,
    ],
    ["publishes nothing", {}, { ...outside, isLocal: false, host: "nas.lan" }, /publishes no port for its 9102/],
    ["is on the host's network", { networks: {}, mode: "host" }, inside, /providers\.docker\.host/],
    [
      "exposes several ports",
      { ports: [{ PrivatePort: 80 }, { PrivatePort: 22 }] },
      outside,
      /exposes the ports 22, 80; name the one/,
    ],
    ["exposes none", { ports: [] }, outside, /exposes no port/],
  ])("is told to be missing where it %s", (_, described, at, why) => {
    const { urls, problems } = read([container("a", described)], at);
    expect(urls).toEqual([]);
    expect(problems[0]).toMatch(why);
  });
});
