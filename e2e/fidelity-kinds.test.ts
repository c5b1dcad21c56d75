// The corpus of e2e/fidelity.test.ts over a pipe and over an event stream, where an id of the gateway's own stands for the
// client's on the way, and a line end inside of a message cannot stand: nothing else differs.
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { startSseBridge } from "./support/bridge.ts";
import * as corpus from "./support/corpus.ts";
import { startGateway, type Gateway } from "./support/house.ts";
import { stopAtEnd } from "./support/program.ts";
import { eventsIn, send, type RawAnswer } from "./support/raw-client.ts";
import { startRawUpstream, type RawUpstream, type Script } from "./support/raw-upstream.ts";
import { modernHeaders, openSession } from "./support/rpc-client.ts";
import { speak, stream, verbatim } from "./support/scripts.ts";

const stopLater = stopAtEnd();
let reply: Script = speak();
let gateway: Gateway;
const upstreams = new Map<string, RawUpstream>();

const kinds = [
  { kind: "stdio", era: "modern", upstream: "pipe-modern" },
  { kind: "stdio", era: "legacy", upstream: "pipe-legacy" },
  { kind: "sse", era: "legacy", upstream: "events" },
] as const;

beforeAll(async () => {
  const definitions: Record<string, object> = {};
  const bridge = fileURLToPath(new URL("support/stdio-bridge.ts", import.meta.url));
  for (const { kind, era, upstream } of kinds) {
    const list = `[${corpus.tools.join(",")}]`;
    const tools: Record<string, Script> = { now: (request, response) => reply(request, response) };
    const raw = await stopLater(startRawUpstream({ era, tools, list }));
    upstreams.set(upstream, raw);
    definitions[upstream] =
      kind === "stdio"
        ? { kind, command: process.execPath, args: [bridge, raw.url] }
        : { kind, url: (await stopLater(startSseBridge(raw.url))).url };
  }
  gateway = await stopLater(startGateway({ upstreams: definitions }));
});

async function post(url: string, era: "legacy" | "modern", name: string, body: string): Promise<RawAnswer> {
  if (era === "modern") return send(url, { headers: modernHeaders("tools/call", name), body });
  return (await openSession(url)).post(body);
}

/** The last call that the upstream got, with the id that the client gave it. */
function got(upstream: string): string {
  const { body, message } = upstreams.get(upstream)!.of("tools/call").at(-1)!;
  const id = JSON.stringify(message.id);
  return body.toString().replace(new RegExp(`("id"\\s*:\\s*)${id}(?=\\s*[,}])`), "$11");
}

// Of megabytes that differ a test says that they do, not what.
const shown = (text: string): string =>
  text.length < 4096 ? text : `${text.length} characters ${createHash("sha256").update(text).digest("hex")}`;

const addresses = kinds.flatMap((one) => [
  { ...one, path: `/servers/${one.upstream}/mcp`, name: "now" },
  { ...one, path: "/mcp", name: `${one.upstream}__now` },
]);

describe.each(addresses)("to $upstream through $path", ({ kind, era, upstream, path, name }) => {
  const requests = (nameJson: string) => corpus.requests(era, nameJson);
  const plain = requests(JSON.stringify(name))["no arguments"]!;
  const onTheWay = (text: string): string => (kind === "stdio" ? text.replaceAll(/[\r\n]/g, " ") : text);

  test.each(Object.keys(requests("1")))("a request with %s", async (title) => {
    reply = speak();
    const [sent, expected] = [name, "now"].map((one) => requests(JSON.stringify(one))[title]!);
    const answer = await post(gateway.url + path, era, name, sent!);
    expect(answer.json().result).toMatchObject({ content: [{ text: "ok" }] });
    expect(shown(got(upstream))).toBe(shown(onTheWay(expected!)));
  });

  const lines = { ...corpus.responses, ...(era === "modern" ? corpus.modernResponses : {}) };

  test.each(Object.entries(lines))("an answer with %s", async (_, response) => {
    reply = verbatim(response);
    const answer = await post(gateway.url + path, era, name, plain);
    // A pipe's ids are ours, so the client gets its own back as it spelled it.
    expect(shown(answer.text)).toBe(shown(kind === "stdio" ? response.replace('"id":1.0', '"id":1') : response));
  });

  test("what comes before an answer", async () => {
    const early = [
      `{"params":{"progressToken":"t","progress":1.0,"x":1e400},"method":"notifications/progress","jsonrpc":"2.0"}`,
      `{"jsonrpc":"2.0","method":"notifications/vendor","params":{"n":12345678901234567890,"s":"\\u00e9"},"x":{}}`,
    ];
    const response = corpus.responses["numbers"]!;
    reply = (request, outgoing) => {
      const { _meta: meta } = request.message.params as { readonly _meta: { readonly progressToken: unknown } };
      const [progress, vendor] = early as [string, string];
      const ours = progress.replace('"t"', JSON.stringify(meta.progressToken));
      return stream(...[ours, vendor, response].map((data) => `data: ${data}\n\n`))(request, outgoing);
    };
    const answer = await post(
      gateway.url + path,
      era,
      name,
      plain.replace('"_meta":{', '"_meta":{"progressToken":"t",'),
    );
    expect(eventsIn(answer.text)).toEqual([...early, response]);
  });
});
