// Clients made with the SDK's two lines.
import { Client as NewClient, StreamableHTTPClientTransport as NewTransport } from "@modelcontextprotocol/client";
import { Client as OldClient } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as OldTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { z } from "zod";
import type { Json } from "../fixture/surface.ts";
import { answerTo, clientInfo, declared, RpcError, type Heard, type Peer, type RequestOptions } from "./peer.ts";

const anything = z.looseObject({});
const questions = ["elicitation/create", "sampling/createMessage", "roots/list"] as const;

/** The part of either line's client that peers use; their own types want the literals of each method. */
interface EitherClient {
  request(request: object, schema: unknown, options: object): Promise<Json>;
  getInstructions(): string | undefined;
  getServerCapabilities(): Json | undefined;
  fallbackNotificationHandler?: (notification: { method: string; params?: Json }) => Promise<void>;
  close(): Promise<void>;
}

const inTheirOptions = ({ signal, onProgress }: RequestOptions): object => ({
  timeout: 10_000,
  ...(signal && { signal }),
  ...(onProgress && { onprogress: onProgress }),
});

/** @throws RpcError for what is an error of the protocol to the SDK */
async function asRpc(work: Promise<unknown>): Promise<Json> {
  try {
    return (await work) as Json;
  } catch (error) {
    const { code, message, data } = error as { code?: unknown; message: string; data?: unknown };
    throw typeof code === "number" ? new RpcError(code, message, data) : error;
  }
}

function common(client: EitherClient, heard: Heard[], asked: Heard[]) {
  client.fallbackNotificationHandler = async ({ method, params = {} }) => void heard.push({ method, params });
  return {
    heard,
    asked,
    get instructions() {
      return client.getInstructions();
    },
    get capabilities() {
      return client.getServerCapabilities() ?? {};
    },
    request: (method: string, params: Json = {}, options: RequestOptions = {}) =>
      asRpc(client.request({ method, params }, anything, inTheirOptions(options))),
  };
}

const legacyListen = (peer: Pick<Peer, "request">) => async (uri: string) =>
  void (await peer.request("resources/subscribe", { uri }));

export async function connectOld(url: string): Promise<Peer> {
  const [heard, asked]: [Heard[], Heard[]] = [[], []];
  const client = new OldClient(clientInfo, { capabilities: declared });
  for (const method of questions) {
    const schema = z.object({ method: z.literal(method), params: anything.optional() });
    client.setRequestHandler(
      schema as never,
      (({ params = {} }: { params?: Json }) => {
        asked.push({ method, params });
        return answerTo(method, params);
      }) as never,
    );
  }
  const transport = new OldTransport(new URL(url));
  const peer = common(client as unknown as EitherClient, heard, asked);
  await client.connect(transport as never);
  return {
    ...peer,
    era: "legacy",
    instructions: peer.instructions,
    capabilities: peer.capabilities,
    listen: legacyListen(peer),
    async stop() {
      await transport.terminateSession().catch(() => undefined);
      await client.close();
    },
  };
}

export const connectNew = (era: Peer["era"]) =>
  async function connect(url: string): Promise<Peer> {
    const [heard, asked]: [Heard[], Heard[]] = [[], []];
    const mode = era === "modern" ? { pin: "2026-07-28" } : ("legacy" as const);
    const client = new NewClient(clientInfo, { capabilities: declared, versionNegotiation: { mode } });
    for (const method of questions) {
      client.setRequestHandler(
        method as "roots/list",
        (({ params = {} }: { params?: Json }) => {
          asked.push({ method, params });
          return answerTo(method, params);
        }) as never,
      );
    }
    const transport = new NewTransport(new URL(url));
    const peer = common(client as unknown as EitherClient, heard, asked);
    await client.connect(transport);
    return {
      ...peer,
      era,
      instructions: peer.instructions,
      capabilities: peer.capabilities,
      // Of these methods the SDK does more than to pass a request on: it goes through the rounds that a server wants.
      request(method, params = {}, options = {}) {
        const theirs = inTheirOptions(options);
        if (method === "tools/call") return asRpc(client.callTool(params as never, theirs));
        if (method === "prompts/get") return asRpc(client.getPrompt(params as never, theirs));
        return peer.request(method, params, options);
      },
      async listen(uri) {
        if (era === "legacy") return legacyListen(peer)(uri);
        await client.listen({
          toolsListChanged: true,
          promptsListChanged: true,
          resourcesListChanged: true,
          resourceSubscriptions: [uri],
        });
      },
      async stop() {
        await transport.terminateSession().catch(() => undefined);
        await client.close();
      },
    };
  };
