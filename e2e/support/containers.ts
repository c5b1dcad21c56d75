// Containers with a time shard in them, on a real Docker engine, and on a stand-in that answers as one does.
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import { createServer as createNetServer, connect, type AddressInfo, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Engine } from "./docker.ts";
import { startShard } from "./house.ts";
import { freePort } from "./ports.ts";
import type { Program } from "./program.ts";

export interface Containers {
  /** Where the gateway finds the engine's API. */
  readonly endpoint: string;
  /** Starts one with a time shard; its name, label `enable` and port are ours, further labels the test's. */
  run(name: string, labels?: Readonly<Record<string, string>>): Promise<void>;
  stop(name: string): Promise<void>;
  /** Starts one that was stopped, at another address. */
  startElsewhere(name: string): Promise<void>;
  /** Ends everything. */
  close(): Promise<void>;
}

const root = fileURLToPath(new URL("../..", import.meta.url));
const PORT = 9102;

/** A folder as the root of an image: Node, what it links to, the bundles of the house, nothing else; no image registry is asked. */
export async function makeImage(
  engine: Engine,
  tag: string,
  files: Readonly<Record<string, string>> = {},
): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), "shardgate-image-"));
  const rootfs = join(scratch, "root");
  const put = (from: string, to: string): void => {
    mkdirSync(dirname(join(rootfs, to)), { recursive: true });
    copyFileSync(from, join(rootfs, to));
  };
  try {
    put(process.execPath, "/node");
    const { stdout } = spawnSync("ldd", [process.execPath], { encoding: "utf8" });
    for (const [, library] of stdout.matchAll(/(\/\S+) \(0x/g)) put(library as string, library as string);
    const programs = {
      "/time.mjs": "shards/time/dist/main.mjs",
      "/shardgate.mjs": "packages/gateway/dist/shardgate.mjs",
    };
    for (const [to, from] of Object.entries(programs)) {
      const made = join(root, dirname(from));
      for (const part of readdirSync(made)) if (part.endsWith(".mjs")) put(join(made, part), `/${part}`);
      put(join(root, from), to);
    }
    for (const folder of ["tmp", "etc"]) mkdirSync(join(rootfs, folder), { recursive: true });
    for (const [path, text] of Object.entries(files)) writeFileSync(join(rootfs, path), text);
    const archive = join(scratch, "image.tar");
    spawnSync("tar", ["-C", rootfs, "--owner=0", "--group=0", "-cf", archive, "."]);
    await engine.docker(["import", "--change", "ENV HOST=0.0.0.0", archive, tag]);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Containers of a real engine, in a network of their own. */
export async function realContainers(
  engine: Engine,
  image: string,
): Promise<Containers & { readonly network: string }> {
  const prefix = `shardgate-e2e-${process.pid}`;
  const network = `${prefix}-net`;
  const names = new Set<string>();
  const subnet = `10.213.${process.pid % 250}`;
  await engine.docker(["network", "create", "--subnet", `${subnet}.0/24`, network]);
  let addresses = 100;
  return {
    network,
    endpoint: engine.env["DOCKER_HOST"] ?? process.env["DOCKER_HOST"] ?? "unix:///var/run/docker.sock",
    async run(name, labels = {}) {
      names.add(name);
      const all = { "shardgate.enable": "true", "shardgate.name": name, "shardgate.port": String(PORT), ...labels };
      const flags = Object.entries(all).flatMap(([key, value]) => ["--label", `${key}=${value}`]);
      const shared = ["run", "--detach", "--init=false", "--name", `${prefix}-${name}`, "--network", network];
      await engine.docker([...shared, ...flags, "--env", `PORT=${PORT}`, image, "/node", "/time.mjs"]);
    },
    async stop(name) {
      await engine.docker(["stop", "--time", "1", `${prefix}-${name}`]);
    },
    async startElsewhere(name) {
      await engine.docker(["network", "disconnect", network, `${prefix}-${name}`]);
      const address = `${subnet}.${addresses++}`;
      await engine.docker(["network", "connect", "--ip", address, network, `${prefix}-${name}`]);
      await engine.docker(["start", `${prefix}-${name}`]);
    },
    async close() {
      if (names.size > 0) await engine.docker(["rm", "--force", ...[...names].map((name) => `${prefix}-${name}`)]);
      await engine.docker(["network", "rm", network]);
    },
  };
}

interface FakeContainer {
  readonly labels: Readonly<Record<string, string>>;
  readonly port: number;
  address: string;
  program: Program | undefined;
}

/** The part of the engine's API that a provider asks, over processes at addresses of the loopback network. */
export async function fakeContainers(): Promise<Containers> {
  const folder = mkdtempSync(join(tmpdir(), "shardgate-engine-"));
  const socket = join(folder, "docker.sock");
  const all = new Map<string, FakeContainer>();
  const streams = new Set<ServerResponse>();
  let addresses = 2;
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url as string, "http://docker");
    if (pathname === "/containers/json") return void response.end(JSON.stringify(listed(all)));
    if (pathname !== "/events") return void response.writeHead(404).end('{"message":"no such container"}');
    streams.add(response);
    response.on("close", () => streams.delete(response)).flushHeaders();
  }).listen(socket);
  await once(server, "listening");
  const tell = (name: string, action: string): void => {
    const event = { Type: "container", Action: action, Actor: { ID: name, Attributes: { name } } };
    for (const stream of streams) stream.write(`${JSON.stringify(event)}\n`);
  };
  const start = async (name: string): Promise<void> => {
    const container = all.get(name) as FakeContainer;
    container.address = `127.0.0.${addresses++}`;
    container.program = await startShard("time", { port: container.port, env: { HOST: container.address } });
    tell(name, "start");
  };
  return {
    endpoint: `unix://${socket}`,
    async run(name, labels = {}) {
      const port = await freePort();
      const own = { "shardgate.enable": "true", "shardgate.name": name, "shardgate.port": String(port) };
      all.set(name, { labels: { ...own, ...labels }, port, address: "", program: undefined });
      await start(name);
    },
    async stop(name) {
      const container = all.get(name) as FakeContainer;
      await container.program?.stop();
      container.program = undefined;
      tell(name, "die");
    },
    startElsewhere: start,
    async close() {
      for (const { program } of all.values()) await program?.stop();
      for (const stream of streams) stream.destroy();
      server.closeAllConnections();
      server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function listed(all: ReadonlyMap<string, FakeContainer>): object[] {
  return [...all]
    .filter(([, { program }]) => program !== undefined)
    .map(([name, { labels, address }]) => ({
      Id: name.padEnd(64, "0"),
      Names: [`/${name}`],
      Created: 1,
      Labels: labels,
      State: "running",
      Status: "Up 1 second",
      Ports: [],
      HostConfig: { NetworkMode: "house" },
      NetworkSettings: { Networks: { house: { NetworkID: "house", IPAddress: address, GlobalIPv6Address: "" } } },
    }));
}

/** A TCP port that leads to the engine, as a socket proxy has one, and can be cut. */
export class EngineProxy {
  readonly #target: string;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #port = 0;

  constructor(endpoint: string) {
    this.#target = endpoint.replace(/^unix:\/\//, "");
  }

  async open(): Promise<string> {
    this.#server = createNetServer((near) => {
      const far = connect(this.#target);
      for (const [from, to] of [[near, far] as const, [far, near] as const]) {
        this.#sockets.add(from);
        from.on("close", () => this.#sockets.delete(from)).on("error", () => to.destroy());
        from.pipe(to);
      }
    }).listen(this.#port, "127.0.0.1");
    await once(this.#server, "listening");
    this.#port = (this.#server.address() as AddressInfo).port;
    return `tcp://127.0.0.1:${this.#port}`;
  }

  /** Ends all connections and takes no more, until `open`. */
  async cut(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server?.close();
  }
}
