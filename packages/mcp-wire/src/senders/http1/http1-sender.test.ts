import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { HttpSender } from "../http-sender.ts";
import { Connection } from "./connection.ts";
import { http1Sender } from "./http1-sender.ts";

const open: { server?: Server | undefined; sender?: HttpSender | undefined } = {};
afterEach(async () => {
  vi.useRealTimers();
  await open.sender?.close();
  await new Promise((resolve) => (open.server ? open.server.close(resolve) : resolve(undefined)));
  open.server = open.sender = undefined;
});

/** A sender to a server that answers each request with these bytes, and what was connected and received. */
async function answering(answer: string | Buffer) {
  const sockets: Socket[] = [];
  const received: string[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => undefined);
    socket.on("data", (bytes) => {
      received.push(bytes.toString("latin1"));
      socket.write(answer);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  open.server = server;
  open.sender = http1Sender(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return { sender: open.sender, sockets, received };
}

function send(sender: HttpSender, body: Buffer | null = null) {
  const request = { method: body === null ? "GET" : "POST", path: "/", headers: [], body } as const;
  return new Promise<{ text?: string; error?: Error; sent?: boolean }>((resolve) => {
    let text = "";
    sender.send(request, {
      onHead: ({ status }) => (text += `${status} `),
      onData: (chunk) => (text += chunk.toString()),
      onEnd: () => resolve({ text }),
      onError: (error, sent) => resolve({ error, sent }),
    });
  });
}

const WHOLE = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na";

describe("a sender over plain HTTP/1.1", () => {
  it("uses the connection again that was used last", async () => {
    const { sender, sockets, received } = await answering(WHOLE);
    await Promise.all([send(sender), send(sender)]);
    for (let round = 0; round < 5; round++) expect(await send(sender)).toEqual({ text: "200 a" });
    expect([sockets.length, received.length]).toEqual([2, 7]);
  });

  it("sends head and body in one piece, whatever bytes they are", async () => {
    const { sender, received } = await answering(WHOLE);
    const body = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    await send(sender, body);
    expect(received).toEqual([expect.stringMatching(/\r\nContent-Length: 256\r\n\r\n/)]);
    expect(received[0]?.endsWith(body.toString("latin1"))).toBe(true);
  });

  it.each([
    ["more than it said", `${WHOLE}HTTP/1.1 200 OK\r\n`],
    ["that it closes", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\na"],
  ])("leaves a connection where the other side says %s", async (_, answer) => {
    const { sender, sockets } = await answering(answer);
    for (let round = 0; round < 2; round++) expect(await send(sender)).toEqual({ text: "200 a" });
    expect(sockets).toHaveLength(2);
  });

  it("leaves a connection on which something comes that nobody asked for", async () => {
    const { sender, sockets } = await answering(WHOLE);
    await send(sender);
    const [socket] = sockets as [Socket];
    const closed = new Promise((resolve) => socket.on("close", resolve));
    socket.write(WHOLE);
    await closed;
    expect(await send(sender)).toEqual({ text: "200 a" });
    expect(sockets).toHaveLength(2);
  });

  it("takes an answer that comes before its request is out, and leaves the connection then", async () => {
    const { sender, sockets } = await answering("HTTP/1.1 413 x\r\nContent-Length: 0\r\n\r\n");
    expect(await send(sender, Buffer.alloc(32 * 1024 * 1024))).toEqual({ text: "413 " });
    expect(await send(sender)).toEqual({ text: "413 " });
    expect(sockets).toHaveLength(2);
  });

  it("gives an idle connection up after 4 s", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    const { sender, sockets } = await answering(WHOLE);
    await send(sender);
    const [socket] = sockets as [Socket];
    const closed = new Promise((resolve) => socket.on("close", resolve));
    socket.resume();
    vi.advanceTimersByTime(3_999);
    expect(await send(sender)).toEqual({ text: "200 a" });
    expect(sockets).toHaveLength(1);
    vi.advanceTimersByTime(8_000);
    await closed;
  });

  it("sends nothing any more when it is closed", async () => {
    const { sender, received } = await answering(WHOLE);
    await sender.close();
    await sender.close();
    expect(await send(sender)).toMatchObject({ error: { message: "the sender is closed" }, sent: false });
    expect(received).toEqual([]);
  });

  it("gives up connecting after a time, and says that nothing was sent", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const refused = Promise.withResolvers<Error>();
    const owner = {
      onIdle: () => refused.reject(new Error("it opened")),
      onRefused: (_connection: Connection, error: Error) => refused.resolve(error),
      onClosed: () => refused.reject(new Error("it was open")),
    };
    // A name that is never found.
    const connection = new Connection({ host: "nas.lan", port: 1, timeoutMs: 5_000, lookup: () => undefined }, owner);
    vi.advanceTimersByTime(5_000);
    expect(await refused.promise).toMatchObject({ message: "no connection within 5000 ms", code: "ETIMEDOUT" });
    expect(connection.isClosed).toBe(true);
  });
});
