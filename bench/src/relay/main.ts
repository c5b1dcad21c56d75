// The floor: a raw relay. Hono and @hono/node-server at the edge, undici towards the upstream, the tool's name spliced in the bytes;
// no check, no deadline, no log. Usage: node main.ts <upstream port>. It keeps the path, so one process serves both eras.
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import type { AddressInfo } from "node:net";
import { Pool } from "undici";
import { spliceName } from "./splice-name.ts";

const upstream = new Pool(`http://127.0.0.1:${process.argv[2]}`, { keepAliveTimeout: 60_000 });
const passedOn = ["content-type", "accept", "mcp-protocol-version", "mcp-method", "mcp-session-id"];
const passedBack = ["content-type", "content-length", "mcp-session-id"];

const app = new Hono();
app.get("/livez", (context) => context.text("ok"));
app.post("*", async (context) => {
  const { body, name } = spliceName(Buffer.from(await context.req.arrayBuffer()));
  const headers: Record<string, string> = {};
  for (const header of passedOn) {
    const value = context.req.header(header);
    if (value !== undefined) headers[header] = value;
  }
  if (name !== undefined && context.req.header("mcp-name") !== undefined) headers["mcp-name"] = name;
  const answer = await upstream.request({ method: "POST", path: context.req.path, headers, body });
  const back: Record<string, string> = {};
  for (const header of passedBack) {
    const value = answer.headers[header];
    if (typeof value === "string") back[header] = value;
  }
  return new Response(await answer.body.arrayBuffer(), { status: answer.statusCode, headers: back });
});

const server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, (address: AddressInfo) =>
  process.send!({ port: address.port }),
);
server.on("error", (error: Error) => {
  throw error;
});
process.on("disconnect", () => process.exit());
