// A small authoritative name server on loopback, over UDP and TCP (RFC 1035, RFC 2782).
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";
import { freePort } from "./ports.ts";

export interface Zone {
  readonly a?: Readonly<Record<string, readonly string[]>>;
  readonly srv?: Readonly<
    Record<string, readonly { readonly host: string; readonly port: number; readonly priority?: number }[]>
  >;
}

export interface DnsServer {
  /** `127.0.0.1:port`. */
  readonly address: string;
  zone: Zone;
  /** `fail`: SERVFAIL to everything; `hang`: no answer; `truncate`: over UDP, only that the answer is too long for it. */
  mode: "answer" | "fail" | "hang" | "truncate";
  /** Questions that came over TCP. */
  readonly overTcp: () => number;
  stop(): Promise<void>;
}

const A = 1;
const SRV = 33;
const TTL_SECONDS = 1;

export async function startDnsServer(zone: Zone): Promise<DnsServer> {
  let tcpQuestions = 0;
  const udp = createSocket("udp4");
  // One that the system gave for UDP may be taken for TCP.
  const port = await freePort();
  udp.bind(port, "127.0.0.1");
  await once(udp, "listening");
  udp.on("message", (query, from) => {
    const reply = answer(query, server.mode === "truncate");
    if (reply !== undefined) udp.send(reply, from.port, from.address);
  });
  const tcp = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.on("data", (data) => {
      tcpQuestions++;
      const reply = answer(data.subarray(2), false);
      if (reply === undefined) return;
      const length = Buffer.alloc(2);
      length.writeUInt16BE(reply.length);
      socket.write(Buffer.concat([length, reply]));
    });
  }).listen(port, "127.0.0.1");
  await once(tcp, "listening");
  const server: DnsServer = {
    address: `127.0.0.1:${port}`,
    zone,
    mode: "answer",
    overTcp: () => tcpQuestions,
    async stop() {
      udp.close();
      tcp.close();
    },
  };

  function answer(query: Buffer, isCut: boolean): Buffer | undefined {
    if (server.mode === "hang") return undefined;
    const { name, type, end } = questionIn(query);
    const records = isCut || server.mode === "fail" ? [] : recordsFor(server.zone, name, type);
    const isKnown = name in (server.zone.a ?? {}) || name in (server.zone.srv ?? {});
    const code = server.mode === "fail" ? 2 : isKnown ? 0 : 3;
    const header = Buffer.alloc(12);
    query.copy(header, 0, 0, 2);
    // A response, authoritative, recursion available.
    header.writeUInt16BE(0x8480 | (isCut ? 0x0200 : 0) | code, 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(records.length, 6);
    return Buffer.concat([header, query.subarray(12, end), ...records]);
  }
  return server;
}

function questionIn(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] as number; length > 0; length = query[at] as number) {
    labels.push(query.toString("latin1", at + 1, at + 1 + length));
    at += length + 1;
  }
  return { name: labels.join(".").toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 };
}

function recordsFor({ a = {}, srv = {} }: Zone, name: string, type: number): Buffer[] {
  if (type === A) return (a[name] ?? []).map((address) => record(name, A, Buffer.from(address.split(".").map(Number))));
  if (type !== SRV) return [];
  return (srv[name] ?? []).map(({ host, port, priority = 0 }) => {
    const numbers = Buffer.alloc(6);
    numbers.writeUInt16BE(priority, 0);
    numbers.writeUInt16BE(port, 4);
    return record(name, SRV, Buffer.concat([numbers, encoded(host)]));
  });
}

function record(name: string, type: number, data: Buffer): Buffer {
  const head = Buffer.alloc(10);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(1, 2);
  head.writeUInt32BE(TTL_SECONDS, 4);
  head.writeUInt16BE(data.length, 8);
  return Buffer.concat([encoded(name), head, data]);
}

function encoded(name: string): Buffer {
  const labels = name
    .split(".")
    .map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label, "latin1")]));
  return Buffer.concat([...labels, Buffer.from([0])]);
}
