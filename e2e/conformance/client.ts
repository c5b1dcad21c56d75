// A client for the suites' client side, as a program: `node client.ts direct|gateway <url>`. With `gateway` it puts a whole
// gateway between itself and the server of the suite, so what the suite looks at is the gateway as a client.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { createHouse, DEFAULT_CONFIG, systemTimers } from "@shardgate/gateway";
import { upstreamOptionsSchema } from "../../packages/gateway/src/upstreams/index.ts";

type Json = Readonly<Record<string, unknown>>;

const [way, serverUrl = ""] = process.argv.slice(2);
const scenario = process.env["MCP_CONFORMANCE_SCENARIO"];
const context = JSON.parse(process.env["MCP_CONFORMANCE_CONTEXT"] ?? "{}") as { readonly toolCalls?: readonly Call[] };
const modern = (process.env["MCP_CONFORMANCE_PROTOCOL_VERSION"] ?? "") >= "2026";

interface Call {
  readonly name: string;
  readonly arguments: Record<string, unknown>;
}

const UPSTREAM = "suite";
const PATIENCE_MS = 8_000;
/** Longer than any scenario takes that goes well. */
const CALL_PATIENCE_MS = 6_000;

interface Between {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/** Starts a gateway in front of the suite's server and waits until that is up. @throws Error with its state */
async function startBetween(): Promise<Between> {
  const say = (fields: Json, message: string) => process.stderr.write(`${message} ${JSON.stringify(fields)}\n`);
  const options = upstreamOptionsSchema.parse({ kind: "mcp-http", url: serverUrl });
  const house = createHouse({
    config: DEFAULT_CONFIG,
    providers: [{ name: "suite", watch: async (emit) => emit([{ id: UPSTREAM, name: UPSTREAM, options }]) }],
    logger: { debug: () => undefined, info: say, warn: say, error: say },
    timers: systemTimers,
  });
  await house.start();
  const server = createServer(house.app.listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  const end = Date.now() + PATIENCE_MS;
  const state = () => house.gateway.status().upstreams[0];
  while (state()?.state !== "up" && Date.now() < end) await pause(20);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/servers/${UPSTREAM}/mcp`,
    async stop() {
      await house.close();
      server.close();
      server.closeAllConnections();
    },
  };
}

/** What a person answers who takes a form as it is proposed. */
function takeDefaults(params: Json): Json {
  const { properties = {} } = params["requestedSchema"] as { readonly properties?: Readonly<Record<string, Json>> };
  const fields = Object.entries(properties).map(([name, { default: value, type }]) => [
    name,
    value ?? (type === "boolean" ? true : undefined),
  ]);
  return { action: "accept", content: Object.fromEntries(fields.filter(([, value]) => value !== undefined)) };
}

/** Arguments as a tool's schema wants them. */
function exampleArguments({ inputSchema }: { readonly inputSchema: Json }): Record<string, unknown> {
  const { properties = {} } = inputSchema as { readonly properties?: Readonly<Record<string, Json>> };
  const examples: Json = { string: "example", number: 2, integer: 3, boolean: true, object: {}, array: [] };
  return Object.fromEntries(Object.entries(properties).map(([name, { type }]) => [name, examples[String(type)]]));
}

async function callsFor(client: Client): Promise<readonly Call[]> {
  const { tools } = await client.listTools();
  if (context.toolCalls !== undefined) return context.toolCalls;
  if (scenario === "json-schema-2020-12-preservation") {
    const schema = tools.find(({ name }) => name === "json_schema_2020_12_tool")?.inputSchema;
    return [{ name: "json_schema_echo", arguments: { schema } }];
  }
  return tools.map((tool) => ({ name: tool.name, arguments: exampleArguments(tool) }));
}

const between = way === "gateway" ? await startBetween() : undefined;
const client = new Client(
  { name: "conformance", version: "1.0.0" },
  {
    capabilities: { elicitation: {}, sampling: {}, roots: {} },
    versionNegotiation: { mode: modern ? { pin: "2026-07-28" } : "legacy" },
  },
);
client.setRequestHandler("elicitation/create", ({ params }) => takeDefaults(params as unknown as Json) as never);
await client.connect(new StreamableHTTPClientTransport(new URL(between?.url ?? serverUrl)));
const declared = client.getServerCapabilities() ?? {};
const failures: string[] = [];
const attempt = async (what: string, work: () => Promise<unknown>): Promise<void> => {
  await work().catch((error: unknown) => failures.push(`${what}: ${String(error)}`));
};
await attempt("tools", async () => {
  for (const call of await callsFor(client)) {
    await attempt(call.name, () => client.callTool(call, { timeout: CALL_PATIENCE_MS }));
  }
});
if (declared.resources) {
  await attempt("resources", async () => {
    for (const { uri } of (await client.listResources()).resources) await client.readResource({ uri });
  });
}
if (declared.prompts) {
  await attempt("prompts", async () => {
    for (const { name } of (await client.listPrompts()).prompts) await client.getPrompt({ name });
  });
}
process.stderr.write(failures.join("\n"));
await client.close();
await between?.stop();
