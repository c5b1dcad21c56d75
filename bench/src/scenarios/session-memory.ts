import { Agent, get, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { memory as memoryOf } from "../proc.ts";
import { numbersOf, rounded } from "../stats.ts";
import type { Scenario } from "./scenario.ts";

const idleSessions = 100;
const droppedSessions = 10_000;
/** Sessions that are opened and dropped before the memory counts as the base: the code is compiled then. */
const warmUpSessions = 2_000;
const atOnce = 16;
const restMs = 60_000;

/** What sessions of clients cost: idle ones, each with its open stream, and what is left of those that came and went. */
export const sessionMemory: Scenario = {
  name: "session-memory",
  summary: `memory of ${idleSessions} idle sessions, and after ${droppedSessions} opened and dropped`,
  isQuick: false,
  needsGateway: true,
  async *run(bench) {
    const { port } = await bench.stage.upstream(10);
    const gateway = await bench.stage.gateway({ upstreams: { x: `http://127.0.0.1:${port}/legacy/x/mcp` } });
    const client = new Client(gateway.port);
    const rss = async (): Promise<number> => {
      // The gateway collects its garbage when it has rested for a while, and V8 gives the pages back a while later.
      await sleep(restMs);
      return memoryOf(gateway.pid)?.now ?? Number.NaN;
    };
    bench.say(`${warmUpSessions} sessions to warm up`);
    await openAndDrop(client, warmUpSessions);
    const base = await rss();
    bench.say(`${idleSessions} idle sessions`);
    for (let count = 0; count < idleSessions; count++) await client.listen(await client.open());
    const idle = (await rss()) - base;
    client.leave();
    bench.say(`${droppedSessions} sessions opened and dropped`);
    await openAndDrop(client, droppedSessions);
    const left = (await rss()) - base;
    client.close();
    const figures = { "100 idle sessions": rounded(idle, 1), "after 10,000 came and went": rounded(left, 1) };
    yield {
      title: `memory of sessions, MB (base ${rounded(base, 0)})`,
      rows: [figures],
      figures: numbersOf(Object.entries(figures).map(([name, value]) => [`session-memory/${name}`, value])),
    };
  },
};

async function openAndDrop(client: Client, count: number): Promise<void> {
  let left = count;
  const worker = async (): Promise<void> => {
    while (left-- > 0) await client.drop(await client.open());
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

/** A legacy client of the gateway that opens any number of sessions. */
class Client {
  readonly #port: number;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: atOnce });
  readonly #streams: (() => void)[] = [];

  constructor(port: number) {
    this.#port = port;
  }

  /** Opens a session and calls a tool in it. */
  async open(): Promise<string> {
    const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "bench", version: "1" } };
    const session = (await this.#send("POST", undefined, { id: 0, method: "initialize", params })) as string;
    await this.#send("POST", session, { method: "notifications/initialized" });
    const call = { id: 1, method: "tools/call", params: { name: "x__echo", arguments: {} } };
    await this.#send("POST", session, call);
    return session;
  }

  /** Holds the stream of a session open. */
  async listen(session: string): Promise<void> {
    const headers = { Accept: "text/event-stream", "Mcp-Session-Id": session };
    await new Promise<void>((resolve, reject) => {
      const stream = get({ port: this.#port, path: "/mcp", headers, agent: false }, (incoming) => {
        incoming.resume();
        resolve();
      });
      stream.on("error", reject);
      this.#streams.push(() => stream.destroy());
    });
  }

  async drop(session: string): Promise<void> {
    await this.#send("DELETE", session);
  }

  /** Ends the streams. */
  leave(): void {
    for (const end of this.#streams.splice(0)) end();
  }

  close(): void {
    this.leave();
    this.#agent.destroy();
  }

  #send(method: string, session: string | undefined, message?: object): Promise<string | undefined> {
    const headers = {
      "Content-Type": "application/json",
      Accept: "application/json, text/event-stream",
      ...(session !== undefined && { "Mcp-Session-Id": session }),
    };
    return new Promise((resolve, reject) => {
      const outgoing = request({ port: this.#port, path: "/mcp", method, headers, agent: this.#agent }, (incoming) => {
        incoming.resume().on("end", () => resolve(incoming.headers["mcp-session-id"] as string | undefined));
      });
      outgoing.on("error", reject);
      outgoing.end(message && JSON.stringify({ jsonrpc: "2.0", ...message }));
    });
  }
}
