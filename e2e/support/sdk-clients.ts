// MCP clients as others build them: the SDK's old line, and its new one in each of its ways to find the era.
import { Client as NewClient, StreamableHTTPClientTransport as NewTransport } from "@modelcontextprotocol/client";
import { Client as OldClient } from "@modelcontextprotocol/sdk/client/index.js";
import { ElicitRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { StreamableHTTPClientTransport as OldTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

export interface CallOptions {
  readonly onprogress?: (progress: unknown) => void;
  readonly signal?: AbortSignal;
}

export interface SdkClient {
  /** Era it found the server to speak. */
  readonly era: string | undefined;
  readonly listTools: () => Promise<readonly { readonly name: string }[]>;
  readonly call: (name: string, args?: Record<string, unknown>, options?: CallOptions) => Promise<object>;
  /** Names in the list as it was at its last announced change. */
  readonly changed: () => readonly string[];
  /** How often it was told of a change. */
  readonly changes: () => number;
  readonly stop: () => Promise<void>;
}

/** What the person at a client answers to every question. */
export const answer = { action: "accept" as const, content: { colour: "blue" } };

type Named = { readonly name: string };
const info = { name: "interop", version: "1.0.0" };

/** Keeps what a client is told of changed lists. */
function listening() {
  let names: readonly string[] = [];
  let changes = 0;
  const onChanged = (_: unknown, tools: readonly Named[] | null): void => {
    names = (tools ?? []).map(({ name }) => name);
    changes++;
  };
  return {
    changed: () => names,
    changes: () => changes,
    options: { listChanged: { tools: { onChanged, debounceMs: 10 } } },
  };
}

async function connectOld(url: string): Promise<SdkClient> {
  const { changed, changes, options } = listening();
  const client = new OldClient(info, { ...options, capabilities: { elicitation: {} } });
  client.setRequestHandler(ElicitRequestSchema, () => answer);
  const transport = new OldTransport(new URL(url));
  await client.connect(transport as never);
  return {
    era: "legacy",
    changed,
    changes,
    listTools: async () => (await client.listTools()).tools,
    call: (name, args = {}, more = {}) => client.callTool({ name, arguments: args }, undefined, more as never),
    async stop() {
      await transport.terminateSession().catch(() => undefined);
      await client.close();
    },
  };
}

const connectNew = (mode: "legacy" | "auto" | { pin: string }) =>
  async function connect(url: string): Promise<SdkClient> {
    const { changed, changes, options } = listening();
    const capabilities = { elicitation: {} };
    const client = new NewClient(info, { ...options, capabilities, versionNegotiation: { mode } });
    client.setRequestHandler("elicitation/create", () => answer);
    const transport = new NewTransport(new URL(url));
    await client.connect(transport);
    return {
      era: client.getProtocolEra(),
      changed,
      changes,
      listTools: async () => (await client.listTools()).tools,
      call: (name, args = {}, more = {}) => client.callTool({ name, arguments: args }, more as never),
      async stop() {
        await transport.terminateSession().catch(() => undefined);
        await client.close();
      },
    };
  };

/** The clients, and the era that each has to speak with a server of both. */
export const sdkClients = [
  { client: "the old SDK", era: "legacy", connect: connectOld },
  { client: "the new SDK in the legacy era", era: "legacy", connect: connectNew("legacy") },
  { client: "the new SDK in the modern era", era: "modern", connect: connectNew({ pin: "2026-07-28" }) },
  { client: "the new SDK that asks first", era: "modern", connect: connectNew("auto") },
] as const;
