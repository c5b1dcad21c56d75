// Brings other transports to a raw upstream over HTTP: what a test says there goes over a pipe or an event stream byte for byte.
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

/** The one id that answers of the corpus have, in its spellings. */
const SCRIPTED_ID = /("id"\s*:\s*)1(?=(\.0)?\s*[,}])/;

/**
 * Hands a message to the upstream and gives what it answers, one message each.
 *
 * @param message as it came; its id takes the place of the scripted one in answers to a call
 */
export async function relay(target: string, message: Buffer): Promise<readonly string[]> {
  const headers = { "Content-Type": "application/json", Accept: "application/json, text/event-stream" };
  const response = await fetch(target, { method: "POST", headers, body: new Uint8Array(message) });
  const body = await response.text();
  const said = response.headers.get("content-type")?.startsWith("text/event-stream") ? dataOf(body) : [body];
  const { id, method } = JSON.parse(message.toString()) as { readonly id?: unknown; readonly method?: string };
  const own = (text: string): string =>
    method === "tools/call" ? text.replace(SCRIPTED_ID, (_, key: string) => key + JSON.stringify(id)) : text;
  return said.filter((text) => text !== "").map(own);
}

function dataOf(stream: string): readonly string[] {
  return stream.split("\n\n").map((event) =>
    event
      .split("\n")
      .flatMap((line) => (line.startsWith("data: ") ? [line.slice(6)] : []))
      .join("\n"),
  );
}

/** HTTP+SSE of 2024-11-05 in front of a raw upstream. */
export async function startSseBridge(
  target: string,
): Promise<{ readonly url: string; readonly stop: () => Promise<void> }> {
  const streams = new Map<string, ServerResponse>();
  const server = createServer((incoming, outgoing) => {
    const session = new URL(incoming.url ?? "/", "http://localhost").searchParams.get("session");
    if (incoming.method === "GET") {
      const opened = randomUUID();
      streams.set(opened, outgoing);
      outgoing.on("close", () => streams.delete(opened));
      outgoing.writeHead(200, { "Content-Type": "text/event-stream" });
      outgoing.write(`event: endpoint\ndata: /messages?session=${opened}\n\n`);
      return;
    }
    void buffer(incoming).then(async (body) => {
      outgoing.writeHead(202).end();
      for (const text of await relay(target, body)) {
        streams.get(session ?? "")?.write(`event: message\ndata: ${text}\n\n`);
      }
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/sse`,
    async stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}
