import type { ServerResponse } from "node:http";
import { connect, type Socket } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Message } from "../message.ts";
import { callTool, openSession, overNode, post } from "../testing/downstream.ts";
import { NodeReply } from "./node-http.ts";

const poll = { interval: 5, timeout: 10_000 };
const progress = Message.of({ method: "notifications/progress", params: { progressToken: 1, progress: 1 } });

let house: Awaited<ReturnType<typeof overNode>>;
const sockets: Socket[] = [];
const start = async (options = {}) => (house = await overNode(options));
afterEach(async () => {
  vi.restoreAllMocks();
  for (const socket of sockets.splice(0)) socket.destroy();
  await house.close();
});

/** A client that speaks HTTP byte by byte, because it is slow, rude or gone. */
function rawClient() {
  const socket = connect(house.port, "127.0.0.1");
  sockets.push(socket);
  const client = { socket, text: "" };
  socket.on("data", (chunk: Buffer) => (client.text += chunk.toString("latin1")));
  socket.on("error", () => undefined);
  return client;
}

const head = (length: number, more = "") =>
  `POST /0 HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\nContent-Length: ${length}\r\n${more}\r\n`;
const bodyOf = (init: { body: unknown }) => Buffer.from(init.body as string);

describe("over node:http", () => {
  it("answers 413 to a client that is still sending, once it has sent", async () => {
    await start({ bodyLimit: 1000 });
    const client = rawClient();
    client.socket.write(head(200_000));
    client.socket.write("x".repeat(100_000));
    await new Promise((resolve) => client.socket.once("ready", resolve));
    client.socket.write("x".repeat(100_000));
    await expect.poll(() => client.text, poll).toContain("-31017");
    expect(client.text).toMatch(/^HTTP\/1\.1 413 /);
    const chunked = await house.fetch({
      ...post({}),
      body: new Blob(["x".repeat(2_000)]).stream(),
      duplex: "half",
    } as RequestInit);
    expect(chunked.status).toBe(413);
    expect((await house.fetch(post(callTool("now")))).status).toBe(200);
  });

  it("outlives a client that leaves inside its body", async () => {
    await start();
    const { socket } = rawClient();
    socket.write(`${head(1000)}{"jsonrpc"`);
    await new Promise((resolve) => socket.once("ready", resolve));
    socket.resetAndDestroy();
    expect((await house.fetch(post(callTool("now")))).status).toBe(200);
    expect(house.bugs).toEqual([]);
    expect(house.server.active).toBe(0);
  });

  it.each(["legacy", "modern"] as const)("outlives a %s client that is gone when its answer comes", async (era) => {
    await start();
    const { socket } = rawClient();
    const init = post(callTool("waits"), { era });
    const headers = Object.entries(init.headers).filter(([name]) => name.startsWith("mcp-"));
    const body = bodyOf(init);
    socket.write(head(body.length, headers.map(([name, value]) => `${name}: ${String(value)}\r\n`).join("")));
    socket.write(body);
    const { context, answer } = await house.endpoint.call();
    socket.resetAndDestroy();
    if (era === "modern") await expect.poll(() => context.cancellation.reason, poll).toBeDefined();
    else await house.fetch(post(callTool("now")));
    context.notify(progress);
    house.clock.now += 60_000;
    house.server.tick();
    answer();
    await expect.poll(() => house.server.active, poll).toBe(0);
    expect(house.bugs).toEqual([]);
  });

  it("takes a body in single bytes", async () => {
    await start();
    const client = rawClient();
    client.socket.setNoDelay(true);
    const body = bodyOf(post(callTool("now")));
    client.socket.write(head(body.length));
    for (const byte of body) client.socket.write(Buffer.from([byte]));
    await expect.poll(() => client.text, poll).toContain('{"jsonrpc":"2.0","id":1,"result":{"n":1.0}}');
  });

  it("passes bodies of many megabytes both ways, unicode and all", async () => {
    await start({ bodyLimit: 16 * 1024 * 1024 });
    const text = "é😀".repeat(1_000_000);
    const pending = house.fetch(post({ id: 1, method: "x", params: { text } }));
    const { message, answer } = await house.endpoint.call();
    expect(message.params["text"]).toBe(text);
    answer(JSON.stringify({ text }));
    const response = await pending;
    const bytes = Buffer.from(await response.arrayBuffer());
    expect(response.headers.get("content-length")).toBe(String(bytes.length));
    expect(JSON.parse(bytes.toString())).toEqual({ jsonrpc: "2.0", id: 1, result: { text } });
  });

  it.each([10, 63_000, 70_000])(
    "sends an answer of %i letters that are no ASCII with its right length",
    async (count) => {
      await start();
      const pending = house.fetch(post({ id: 1, method: "x" }));
      (await house.endpoint.call()).answer(JSON.stringify({ text: "é".repeat(count) }));
      expect(await (await pending).json()).toMatchObject({ result: { text: "é".repeat(count) } });
    },
  );

  it("gives no length to an answer that may have none", async () => {
    await start();
    const session = await openSession(house);
    const client = rawClient();
    client.socket.write(`DELETE /0 HTTP/1.1\r\nHost: x\r\nMcp-Session-Id: ${session}\r\n\r\n`);
    await expect.poll(() => client.text, poll).toContain("204");
    expect(client.text.toLowerCase()).not.toContain("content-length");
  });

  it("passes on the headers that mirror arguments, as they are spelled", async () => {
    await start();
    const client = rawClient();
    const body = bodyOf(post(callTool("waits")));
    client.socket.write(head(body.length, "Mcp-Param-Room: attic\r\nmcp-param-b: 1\r\nMcp-Param-: x\r\n"));
    client.socket.write(body);
    const { context, answer } = await house.endpoint.call();
    expect(context.paramHeaders).toEqual(["Mcp-Param-Room", "attic", "mcp-param-b", "1"]);
    answer();
  });

  it("takes a session named twice for an unknown one", async () => {
    await start();
    const session = await openSession(house);
    const client = rawClient();
    const body = bodyOf(post(callTool("now")));
    client.socket.write(head(body.length, `Mcp-Session-Id: ${session}\r\nMcp-Session-Id: ${session}\r\n`));
    client.socket.write(body);
    await expect.poll(() => client.text, poll).toMatch(/^HTTP\/1\.1 404 /);
  });

  describe("a reader that takes nothing", () => {
    /** Opens a stream and stops reading it. */
    async function stalled() {
      await start();
      const client = rawClient();
      const body = bodyOf(post(callTool("waits")));
      client.socket.write(head(body.length));
      client.socket.write(body);
      const call = await house.endpoint.call();
      call.context.notify(progress);
      await expect.poll(() => client.text, poll).toContain("progress");
      client.socket.pause();
      return { ...call, client };
    }
    const big = Message.of({ method: "notifications/message", params: { data: "x".repeat(256 * 1024) } });

    it("is cut off when too much waits for it", async () => {
      const { context, answer, client } = await stalled();
      let closed = false;
      client.socket.on("close", () => (closed = true));
      // What the operating system takes besides is a few megabytes.
      for (let sent = 0; sent < 100; sent++) {
        context.notify(big);
        await new Promise((resolve) => setImmediate(resolve));
      }
      answer();
      client.socket.resume();
      await expect.poll(() => closed, poll).toBe(true);
      expect(client.text.length).toBeLessThan(20 * 1024 * 1024);
      expect(client.text).not.toContain('"result"');
    });

    it("is cut off after half a minute, however little waits for it", async () => {
      await start();
      const clock = { now: 1 };
      vi.spyOn(performance, "now").mockImplementation(() => clock.now);
      const wrote: string[] = [];
      const outgoing = {
        writableLength: 0,
        writeHead: () => undefined,
        flushHeaders: () => undefined,
        write: (chunk: Buffer) => wrote.push(chunk.toString()),
        destroy: () => wrote.push("cut off"),
      };
      const stream = new NodeReply(outgoing as unknown as ServerResponse).stream(200, {});
      const write = (text: string, waiting: number, after: number) => {
        clock.now += after;
        outgoing.writableLength = waiting;
        stream.write(Buffer.from(text));
      };
      write("a", 0, 0);
      write("b", 10, 60_000);
      write("c", 20, 29_000);
      write("d", 0, 29_000);
      write("e", 10, 60_000);
      write("f", 10, 30_001);
      expect(wrote).toEqual(["a", "b", "c", "d", "e", "cut off"]);
    });

    it("and reads again gets everything", async () => {
      const { context, answer, client } = await stalled();
      for (let sent = 0; sent < 3; sent++) context.notify(big);
      client.socket.resume();
      answer();
      await expect.poll(() => client.text.slice(-200), poll).toContain('"result"');
      expect(client.text.length).toBeGreaterThan(3 * 256 * 1024);
    });
  });
});
