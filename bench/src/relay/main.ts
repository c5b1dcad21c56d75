// The floor: a raw relay. Hono and @hono/node-server at the edge, undici towards the upstream, the tool's name spliced in the bytes;
// no check, no deadline, no log. Of the ways to write it that were tried this is the cheapest (bench/README.md).
// Usage: node main.ts <upstream port>. It keeps the path, so one process serves both eras.
import { serve, type HttpBindings } from "@hono/node-server";
import { Hono } from "hono";
import { Pool, type Dispatcher } from "undici";
import { spliceName } from "./splice-name.ts";

type Headers = Record<string, string>;

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer<ArrayBuffer>;
}

const upstream = new Pool(`http://127.0.0.1:${process.argv[2]}`, { keepAliveTimeout: 60_000 });
const passedOn = ["content-type", "accept", "mcp-protocol-version", "mcp-method", "mcp-session-id"];
const passedBack = ["content-type", "mcp-session-id"];

const app = new Hono<{ Bindings: HttpBindings }>();
app.post("*", async (context) => {
  const { body, name } = spliceName(Buffer.from(await context.req.arrayBuffer()));
  const given = context.env.incoming.headers;
  const headers = pick(given, passedOn);
  if (name !== undefined && given["mcp-name"] !== undefined) headers["mcp-name"] = name;
  const answer = await ask(context.req.path, headers, body);
  return new Response(answer.body, { status: answer.status, headers: answer.headers });
});

function ask(path: string, headers: Headers, body: Buffer): Promise<Answer> {
  return new Promise((done, fail) => {
    const chunks: Buffer[] = [];
    let [status, back]: [number, Headers] = [0, {}];
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart: () => {},
      onResponseStart: (_controller, statusCode, answerHeaders) => {
        status = statusCode;
        back = pick(answerHeaders, passedBack);
      },
      onResponseData: (_controller, chunk) => void chunks.push(chunk),
      onResponseEnd: () => done({ status, headers: back, body: joined(chunks) }),
      onResponseError: (_controller, error) => fail(error),
    };
    upstream.dispatch({ method: "POST", path, headers, body }, handler);
  });
}

const joined = (chunks: readonly Buffer[]): Buffer<ArrayBuffer> =>
  (chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)) as Buffer<ArrayBuffer>;

function pick(from: Readonly<Record<string, string | string[] | undefined>>, names: readonly string[]): Headers {
  const picked: Headers = {};
  for (const name of names) {
    const value = from[name];
    if (typeof value === "string") picked[name] = value;
  }
  return picked;
}

serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) => process.send!({ port }));
process.on("disconnect", () => process.exit());
