// The transport of 2024-11-05 toward clients: `/sse` with `/messages`, and JSON-RPC posted straight to `/sse`.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { SSEClientTransport } from "@modelcontextprotocol/sdk/client/sse.js";
import { ElicitRequestSchema, ProgressNotificationSchema } from "@modelcontextprotocol/sdk/types.js";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { type Gateway, startGateway } from "./support/house.ts";
import { soon, stopAtEnd } from "./support/program.ts";
import { openStream, send } from "./support/raw-client.ts";
import { rpc } from "./support/rpc-client.ts";
import { stdioUpstream } from "./support/stdio.ts";

const stopLater = stopAtEnd();
const raw = stdioUpstream([], { timeout: "5s" });
let gateway: Gateway;
beforeAll(async () => {
  gateway = await stopLater(startGateway({ upstreams: { raw: raw.definition } }));
});

const endpointIn = (text: string): string | undefined => /^event: endpoint\ndata: (.*)$/m.exec(text)?.[1];

describe("/sse", () => {
  test("serves a client of that revision: tools, progress, questions of a server, on the aggregate and per server", async () => {
    for (const [path, prefix] of [
      ["/sse", "raw__"],
      ["/servers/raw/sse", ""],
    ] as const) {
      const client = new Client({ name: "old", version: "1" }, { capabilities: { elicitation: {} } });
      client.setRequestHandler(ElicitRequestSchema, () => ({ action: "accept", content: { colour: "blue" } }));
      await client.connect(new SSEClientTransport(new URL(gateway.url + path)));
      const { tools } = await client.listTools();
      expect(tools.map(({ name }) => name)).toContain(`${prefix}ok`);
      const progress: unknown[] = [];
      // What `onprogress` is told gets lost where it comes in one chunk with the response: that SDK forgets it at once.
      client.setNotificationHandler(ProgressNotificationSchema, ({ params }) => void progress.push(params));
      const options = { onprogress: () => undefined };
      await client.callTool({ name: `${prefix}progress`, arguments: {} }, undefined, options);
      expect(progress).toMatchObject([{ progress: 1, total: 2 }]);
      if (prefix === "") {
        const asked = await client.callTool({ name: "ask", arguments: {} });
        expect(JSON.stringify(asked.content)).toContain("blue");
      }
      await client.close();
    }
  });

  test("answers what is posted straight to it in the response", async () => {
    const list = await send(`${gateway.url}/sse`, { body: rpc("tools/list"), headers: { Accept: "*/*" } });
    expect(list.json().result?.["tools"]).toContainEqual(expect.objectContaining({ name: "raw__ok" }));
    const body = rpc("tools/call", { name: "raw__ok", arguments: {} });
    const { status, text } = await send(`${gateway.url}/sse`, { body, headers: { Accept: "application/json" } });
    expect([status, JSON.parse(text)]).toMatchObject([200, { id: 1, result: { content: [{ text: "ok" }] } }]);
  });

  test("keeps one client's session from another, and ends it with its stream", async () => {
    const stream = await openStream(`${gateway.url}/sse`, { method: "GET" });
    const endpoint = await vi.waitFor(() => {
      const found = endpointIn(stream.text());
      if (found === undefined) throw new Error(stream.text());
      return gateway.url + found;
    }, soon);
    const hello = { protocolVersion: "2024-11-05", capabilities: {}, clientInfo: { name: "e2e", version: "1" } };
    expect((await send(endpoint, { body: rpc("initialize", hello) })).status).toBe(202);
    await vi.waitFor(() => expect(stream.text()).toMatch(/"id":1,"result":\{"protocolVersion":"2024-11-05"/), soon);
    // Of another endpoint, tampered with, malformed.
    const foreign = endpoint.replace("/messages", "/servers/raw/messages");
    expect((await send(foreign, { body: rpc("tools/list") })).status).toBe(404);
    expect((await send(`${endpoint}x`, { body: rpc("tools/list") })).status).toBe(404);
    expect((await send(endpoint, { body: "{" })).status).toBe(400);
    // A call under way is cancelled when the stream goes.
    const hang = rpc("tools/call", { name: "raw__hang", arguments: { from: "sse" } }, 7);
    expect((await send(endpoint, { body: hang })).status).toBe(202);
    await vi.waitFor(() => expect(raw.ledger()).toContain('hang {"from":"sse"}'), soon);
    await stream.stop();
    await vi.waitFor(() => expect(raw.ledger().at(-1)).toMatch(/^cancelled "the session was closed/), soon);
    expect((await send(endpoint, { body: rpc("tools/list") })).status).toBe(404);
  });
});
