import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTcpServer, type AddressInfo, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import type { HttpSender, SendRequest } from "./http-sender.ts";
import { undiciSender } from "./undici-sender.ts";

const open: { sender?: HttpSender; close?: () => Promise<void> } = {};
afterEach(async () => {
  await open.sender?.close();
  await open.close?.();
});

/** A sender to a server on a free port of the loopback interface. */
async function serve(handle: (request: IncomingMessage, response: ServerResponse) => void, options = {}) {
  const sockets = new Set<Socket>();
  const server = createServer(handle).on("connection", (socket: Socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  open.close = () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  open.sender = undiciSender(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, options);
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
      onHead: (status, header) => heard.push(`${status} ${header("content-type")}`),
      onData: (chunk) => heard.push(chunk.toString()),
      onEnd: () => resolve({ heard }),
      onError: (error, sent) => resolve({ heard, sent, error }),
    });
  });
  return { done, heard, abort };
}

describe("undiciSender", () => {
  it("sends method, path, headers and body as given, the Host too, and hands back what comes", async () => {
    const seen: unknown[] = [];
    const { sender } = await serve((request, response) => {
      const { method, url, headers } = request;
      seen.push(method, url, headers["x-a"], headers.host);
      request.on("data", (chunk: Buffer) => seen.push(chunk.toString()));
      response.writeHead(418, { "content-type": "text/tea" }).end("pot");
    });
    expect(await send(sender).done).toEqual({ heard: ["418 text/tea", "pot"] });
    expect(seen).toEqual(["POST", "/mcp?a=b", "1", "nas.lan", "{}"]);
  });

  it("uses connections again, and follows no redirect by itself", async () => {
    const { sender, sockets } = await serve((request, response) => {
      request.resume();
      response.writeHead(307, { location: "/elsewhere" }).end();
    });
    for (let round = 0; round < 20; round++) expect((await send(sender).done).heard).toEqual(["307 undefined"]);
    // An answer ends just before its connection is free again, so the next request may find it taken.
    expect(sockets.size).toBeLessThanOrEqual(2);
  });

  it("opens no more connections than it may", async () => {
    const waiting: ServerResponse[] = [];
    const { sender, sockets } = await serve((_, response) => void waiting.push(response), { connections: 2 });
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
    open.sender = undiciSender(`http://127.0.0.1:${port}`);
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
    const { sender } = await serve(handle);
    const { heard, sent, error } = await send(sender).done;
    expect([heard, sent]).toEqual([expected, true]);
    expect(error).toBeInstanceOf(Error);
  });

  it("goes silent when it is aborted, and the upstream notices", async () => {
    const gone = Promise.withResolvers<void>();
    const arrived = Promise.withResolvers<void>();
    const { sender } = await serve((_, response) => {
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
    const { sender } = await serve(() => arrived.resolve());
    const { done } = send(sender);
    await arrived.promise;
    await sender.close();
    expect(await done).toMatchObject({ heard: [], sent: true });
  });

  it("sends nothing of a request that is aborted before its turn", async () => {
    const paths: unknown[] = [];
    const waiting: ServerResponse[] = [];
    const { sender } = await serve(
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
    const guarded = undiciSender("http://localhost:9", { refuseAddress });
    const { error, sent } = await send(guarded).done;
    await guarded.close();
    expect(error?.message).toMatch(/^localhost is (127\.0\.0\.1|::1), which is not for us$/);
    expect([sent, seen.length > 0]).toEqual([false, true]);
  });
});
