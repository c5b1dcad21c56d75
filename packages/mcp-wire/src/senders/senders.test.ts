import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTcpServer, type AddressInfo, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import type { AnswerFlow } from "../http/large-answer.ts";
import { http1Sender } from "./http1/http1-sender.ts";
import type { HttpSender, SendRequest } from "./http-sender.ts";
import { undiciSender } from "./undici-sender.ts";

/** All there are, as they are over a network; of undici's over plain HTTP too, since TLS makes no difference to it. */
const SENDERS = [
  ["http1", http1Sender],
  ["undici", undiciSender],
] as const;

const open: { sender?: HttpSender; close?: () => Promise<void> } = {};
afterEach(async () => {
  await open.sender?.close();
  await open.close?.();
});

/** A sender to a server on a free port of the loopback interface. */
async function serve(
  createSender: typeof http1Sender,
  handle: (request: IncomingMessage, response: ServerResponse) => void,
  options = {},
) {
  const sockets = new Set<Socket>();
  const server = createServer(handle).on("connection", (socket: Socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  open.close = () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  open.sender = createSender(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, options);
  return { sender: open.sender, sockets };
}

const POST: SendRequest = {
  method: "POST",
  path: "/mcp?a=b",
  headers: ["X-A", "1", "Host", "nas.lan"],
  body: Buffer.from("{}"),
};

/** Sends and waits for the end; gives what the sink heard. */
function send(sender: HttpSender, request = POST) {
  const heard: string[] = [];
  let abort = (): void => undefined;
  const done = new Promise<{ heard: string[]; sent?: boolean; error?: Error }>((resolve) => {
    abort = sender.send(request, {
      onHead: (head) => heard.push(`${head.status} ${head.header("content-type")}`),
      onData: (chunk) => heard.push(chunk.toString()),
      onEnd: () => resolve({ heard }),
      onError: (error, sent) => resolve({ heard, sent, error }),
    });
  });
  return { done, heard, abort };
}

describe.each(SENDERS)("a sender over %s", (_name, createSender) => {
  it("sends method, path, headers and body as given, the Host too, and hands back what comes", async () => {
    const seen: unknown[] = [];
    const { sender } = await serve(createSender, (request, response) => {
      const { method, url, headers } = request;
      seen.push(method, url, headers["x-a"], headers.host);
      request.on("data", (chunk: Buffer) => seen.push(chunk.toString()));
      response.writeHead(418, { "content-type": "text/tea" }).end("pot");
    });
    expect(await send(sender).done).toEqual({ heard: ["418 text/tea", "pot"] });
    expect(seen).toEqual(["POST", "/mcp?a=b", "1", "nas.lan", "{}"]);
  });

  it("uses connections again, and follows no redirect by itself", async () => {
    const { sender, sockets } = await serve(createSender, (request, response) => {
      request.resume();
      response.writeHead(307, { location: "/elsewhere" }).end();
    });
    for (let round = 0; round < 20; round++) expect((await send(sender).done).heard).toEqual(["307 undefined"]);
    // An answer ends just before its connection is free again, so the next request may find it taken.
    expect(sockets.size).toBeLessThanOrEqual(2);
  });

  it("opens no more connections than it may", async () => {
    const waiting: ServerResponse[] = [];
    const { sender, sockets } = await serve(createSender, (_, response) => void waiting.push(response), {
      connections: 2,
    });
    const sends = Array.from({ length: 5 }, () => send(sender).done);
    while (waiting.length < 2) await new Promise((resolve) => setImmediate(resolve));
    const timer = setInterval(() => waiting.shift()?.end("ok"), 1);
    expect((await Promise.all(sends)).map(({ error }) => error)).toEqual(Array(5).fill(undefined));
    clearInterval(timer);
    expect(sockets.size).toBeLessThanOrEqual(2);
  });

  it("knows that nothing was sent where nobody listens", async () => {
    const server = createTcpServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    open.sender = createSender(`http://127.0.0.1:${port}`);
    const { heard, sent, error } = await send(open.sender).done;
    expect([heard, sent]).toEqual([[], false]);
    expect(error).toMatchObject({ code: "ECONNREFUSED" });
  });

  it.each<[string, (request: IncomingMessage, response: ServerResponse) => void, string[]]>([
    ["behind the request", (request) => request.on("data", () => request.socket.resetAndDestroy()), []],
    [
      "inside the answer",
      (request, response) => {
        response.writeHead(200, { "content-type": "text/plain", "content-length": "100" });
        response.write("half", () => request.socket.destroy());
      },
      ["200 text/plain", "half"],
    ],
  ])("says that the request was sent when the connection breaks %s", async (_, handle, expected) => {
    const { sender } = await serve(createSender, handle);
    const { heard, sent, error } = await send(sender).done;
    expect([heard, sent]).toEqual([expected, true]);
    expect(error).toBeInstanceOf(Error);
  });

  it("goes silent when it is aborted, and the upstream notices", async () => {
    const gone = Promise.withResolvers<void>();
    const arrived = Promise.withResolvers<void>();
    const { sender } = await serve(createSender, (_, response) => {
      response.on("close", () => gone.resolve());
      response.writeHead(200, { "content-type": "text/plain" }).write("a");
      arrived.resolve();
    });
    const { heard, abort, done } = send(sender);
    await arrived.promise;
    while (heard.length < 2) await new Promise((resolve) => setImmediate(resolve));
    abort();
    abort();
    await gone.promise;
    expect(heard).toEqual(["200 text/plain", "a"]);
    expect(await Promise.race([done, Promise.resolve("nothing more")])).toBe("nothing more");
  });

  it("breaks what is under way when it is closed", async () => {
    const arrived = Promise.withResolvers<void>();
    const { sender } = await serve(createSender, () => arrived.resolve());
    const { done } = send(sender);
    await arrived.promise;
    await sender.close();
    expect(await done).toMatchObject({ heard: [], sent: true });
  });

  it("sends nothing of a request that is aborted before its turn", async () => {
    const paths: unknown[] = [];
    const waiting: ServerResponse[] = [];
    const { sender } = await serve(
      createSender,
      (request, response) => {
        paths.push(request.url);
        waiting.push(response);
      },
      { connections: 1 },
    );
    const first = send(sender, { ...POST, path: "/1" });
    const second = send(sender, { ...POST, path: "/2" });
    const third = send(sender, { ...POST, path: "/3" });
    second.abort();
    while (waiting.length < 1) await new Promise((resolve) => setImmediate(resolve));
    waiting.shift()?.end();
    await first.done;
    while (waiting.length < 1) await new Promise((resolve) => setImmediate(resolve));
    waiting.shift()?.end();
    await third.done;
    expect(paths).toEqual(["/1", "/3"]);
    expect(second.heard).toEqual([]);
  });

  it("looks at each address that a name stands for, before a byte is sent", async () => {
    const seen: string[] = [];
    const refuseAddress = (address: string): string => {
      seen.push(address);
      return "is not for us";
    };
    const guarded = createSender("http://localhost:9", { refuseAddress });
    const { error, sent } = await send(guarded).done;
    await guarded.close();
    expect(error?.message).toMatch(/^localhost is (127\.0\.0\.1|::1), which is not for us$/);
    expect([sent, seen.length > 0]).toEqual([false, true]);
  });

  it("carries large bodies both ways, byte for byte", async () => {
    const body = Buffer.from(Array.from({ length: 8 * 1024 * 1024 }, (_, index) => (index * 31) % 251));
    const { sender } = await serve(createSender, (request, response) => {
      response.writeHead(200, { "content-type": "a/b" });
      request.pipe(response);
    });
    const chunks: Buffer[] = [];
    await new Promise<void>((resolve, reject) => {
      sender.send(
        { ...POST, body },
        { onHead: () => undefined, onData: (chunk) => chunks.push(chunk), onEnd: resolve, onError: reject },
      );
    });
    expect(Buffer.concat(chunks).equals(body)).toBe(true);
  });

  it("holds an answer up as long as it is told to", async () => {
    const { sender } = await serve(createSender, (request, response) => {
      request.resume();
      response.end(Buffer.alloc(4 * 1024 * 1024));
    });
    let size = 0;
    let flow: AnswerFlow | undefined;
    const first = Promise.withResolvers<void>();
    const whole = Promise.withResolvers<void>();
    sender.send(POST, {
      onHead: (_head, control) => (flow = control),
      onData(chunk) {
        if (size === 0) flow?.pause();
        size += chunk.length;
        first.resolve();
      },
      onEnd: whole.resolve,
      onError: whole.reject,
    });
    await first.promise;
    const held = size;
    // As many turns as a whole answer takes many times over.
    for (let turn = 0; turn < 500; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(size).toBe(held);
    flow?.resume();
    await whole.promise;
    expect(size).toBe(4 * 1024 * 1024);
  });

  it("can be aborted by who hears the head, and goes on with others", async () => {
    const { sender } = await serve(createSender, (request, response) => {
      request.resume();
      response.end("body");
    });
    const heard: string[] = [];
    const head = Promise.withResolvers<void>();
    const abort = sender.send(POST, {
      onHead() {
        abort();
        head.resolve();
      },
      onData: () => heard.push("data"),
      onEnd: () => heard.push("end"),
      onError: () => heard.push("error"),
    });
    await head.promise;
    expect((await send(sender).done).heard).toEqual(["200 undefined", "body"]);
    expect(heard).toEqual([]);
  });

  it("leaves a connection that the other side closes, and one that it will close soon", async () => {
    let keepAlive = "timeout=5";
    const { sender, sockets } = await serve(createSender, (request, response) => {
      request.resume();
      response.writeHead(200, { connection: "keep-alive", "keep-alive": keepAlive }).end("a");
    });
    await send(sender).done;
    const [socket] = sockets;
    const closed = new Promise((resolve) => socket?.on("close", resolve));
    socket?.end();
    await closed;
    keepAlive = "timeout=1";
    for (let round = 0; round < 2; round++) expect((await send(sender).done).heard).toEqual(["200 undefined", "a"]);
    expect(sockets.size).toBe(3);
  });

  it.each([
    ["is no HTTP", "SSH-2.0-OpenSSH_9.2\r\n\r\n"],
    ["breaks off in its head", "HTTP/1.1 200 OK\r\nContent-"],
    ["has a malformed body", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"],
  ])("says so where an answer %s", async (_, answer) => {
    const server = createTcpServer((socket) => socket.once("data", () => socket.end(answer)));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    open.close = () => new Promise((resolve) => void server.close(() => resolve()));
    open.sender = createSender(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const { error, sent } = await send(open.sender).done;
    expect([error instanceof Error, sent]).toEqual([true, true]);
  });

  it("sends nothing that would not stay within its line", async () => {
    const { sender, sockets } = await serve(createSender, (_, response) => response.end());
    const { error, sent } = await send(sender, { ...POST, headers: ["X-A", "1\r\nX-B: 2"] }).done;
    expect([error instanceof Error, sent, sockets.size]).toEqual([true, false, 0]);
  });
});
