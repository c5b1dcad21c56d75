// Ways in which an upstream answers a tools/call, good and bad.
import { appendFileSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { resultFor, sendJson, type Received, type Script } from "./raw-upstream.ts";

const SSE = { "Content-Type": "text/event-stream" };

/** A tool result that says one word. */
export const said = (word: string): string => `{"resultType":"complete","content":[{"type":"text","text":"${word}"}]}`;

/** The whole answer to a request. */
export const answered = (request: Received, word = "ok"): string => resultFor(request, said(word));
const event = (data: string): string => `event: message\ndata: ${data}\n\n`;

/** Plain JSON after a while, in milliseconds. */
export const speak =
  (word = "ok", after = 0): Script =>
  async (request, response) => {
    if (after > 0) await sleep(after);
    sendJson(response, answered(request, word));
  };

/** The same bytes whatever the request. */
export const verbatim =
  (body: string | Buffer): Script =>
  (_, response) =>
    sendJson(response, body);

/** An event stream of exactly these bytes. */
export const stream =
  (...parts: readonly (string | Buffer)[]): Script =>
  (_, response) => {
    response.writeHead(200, SSE);
    for (const part of parts) response.write(part);
    response.end();
  };

/** An event stream with the answer, and other messages before or after it. */
export const streamAnswer =
  ({ before = [], after = [] }: { before?: readonly string[]; after?: readonly string[] }): Script =>
  (request, response) => {
    const events = [...before, answered(request), ...after].map(event);
    response.writeHead(200, SSE).end(events.join(""));
  };

/** Says nothing until the caller gives up. */
export const hang: Script = () => undefined;

/** Says that a stream follows, and then nothing. */
export const hangInStream: Script = (_, response) => void response.writeHead(200, SSE).flushHeaders();

/** Breaks the connection before a byte of the answer, or behind `head`. */
export const drop =
  (head?: string): Script =>
  (_, response) => {
    if (head === undefined) return void response.destroy();
    response.writeHead(200, { "Content-Type": "application/json", "Content-Length": String(head.length + 100) });
    response.write(head, () => response.destroy());
  };

/** What a web server behind nothing says. */
export const html =
  (status: number): Script =>
  (_, response) =>
    void response.writeHead(status, { "Content-Type": "text/html" }).end("<html><body>Bad gateway</body></html>");

export const status =
  (code: number, headers: Readonly<Record<string, string>> = {}): Script =>
  (_, response) =>
    void response.writeHead(code, headers).end();

/** Plain JSON with an id that nobody asked for. */
export const wrongId: Script = (request, response) =>
  sendJson(response, answered({ ...request, message: { id: "nobody" } }));

/** The answer, a few bytes at a time. */
export const drip =
  (bytes: number, every: number, word = "ok"): Script =>
  async (request, response) => {
    const body = answered(request, word);
    response.writeHead(200, { "Content-Type": "application/json" });
    for (let at = 0; at < body.length; at += bytes) {
      response.write(body.slice(at, at + bytes));
      await sleep(every);
    }
    response.end();
  };

/** Writes each executed call into a file before it answers: what a call did is known whatever becomes of the answer. */
export const ledger =
  (file: string, after = 0): Script =>
  async (request, response) => {
    const { arguments: args } = request.message.params as { arguments: { call: string } };
    appendFileSync(file, `${args.call}\n`);
    if (after > 0) await sleep(after);
    sendJson(response, answered(request, args.call));
  };

/** The calls in a ledger, in the order in which they ran. */
export function executed(file: string): string[] {
  return readFileSync(file, "utf8").split("\n").filter(Boolean);
}
