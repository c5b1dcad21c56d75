// The floor for upstreams that are programs: a bare relay from HTTP to lines of JSON on a pipe. The same edge as the raw relay; the id
// and the tool's name are spliced in the bytes, because one pipe serves all; no check, no deadline, no log.
// Usage: node main.ts <program> <argument>…
import { spawn } from "node:child_process";
import { serve, type HttpBindings } from "@hono/node-server";
import { Hono } from "hono";
import { spliceName } from "../relay/splice-name.ts";

const [command = "", ...args] = process.argv.slice(2);
const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
const waiting = new Map<string, { readonly id: string; readonly done: (body: Buffer<ArrayBuffer>) => void }>();
const marker = Buffer.from('"id":');
const LF = 0x0a;
let count = 0;
let rest: Buffer = Buffer.alloc(0);

child.stdout.on("data", (chunk: Buffer) => {
  let start = 0;
  const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
  for (let end = bytes.indexOf(LF); end !== -1; end = bytes.indexOf(LF, start)) {
    deliver(bytes.subarray(start, end));
    start = end + 1;
  }
  rest = bytes.subarray(start);
});

function deliver(line: Buffer): void {
  const [from, to] = idIn(line);
  const key = line.toString("latin1", from, to);
  const found = waiting.get(key);
  if (found === undefined) return;
  waiting.delete(key);
  found.done(Buffer.concat([line.subarray(0, from), Buffer.from(found.id), line.subarray(to)]));
}

/** Where the id of a message stands; it is a number, and the first of that name. */
function idIn(message: Buffer): readonly [number, number] {
  const from = message.indexOf(marker) + marker.length;
  let to = from;
  while (message[to] !== 0x2c && message[to] !== 0x7d) to += 1;
  return [from, to];
}

const app = new Hono<{ Bindings: HttpBindings }>();
app.post("*", async (context) => {
  const { body } = spliceName(Buffer.from(await context.req.arrayBuffer()));
  if (!body.includes(marker)) {
    child.stdin.write(Buffer.concat([body, Buffer.from("\n")]));
    return new Response(null, { status: 202 });
  }
  const [from, to] = idIn(body);
  const key = String((count += 1));
  const answer = await new Promise<Buffer<ArrayBuffer>>((done) => {
    waiting.set(key, { id: body.toString("latin1", from, to), done });
    child.stdin.write(Buffer.concat([body.subarray(0, from), Buffer.from(key), body.subarray(to), Buffer.from("\n")]));
  });
  return new Response(answer, { headers: { "content-type": "application/json", "mcp-session-id": "pipe" } });
});

serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) => process.send!({ port }));
process.on("disconnect", () => process.exit());
