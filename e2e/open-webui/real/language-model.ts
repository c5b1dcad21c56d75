// A language model that is a script, behind the API that Open WebUI knows: what the user writes is which tools to call.
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import type { Json } from "../model/outcome.ts";

/** A tool to call, by a part of its name that no other has. */
export interface Wanted {
  readonly tool: string;
  readonly args?: Json;
}

interface ChatMessage {
  readonly role: string;
  readonly content: unknown;
  readonly tool_call_id?: string;
}

/** One completion that it was asked for. */
export interface Asked {
  readonly messages: readonly ChatMessage[];
  readonly tools: readonly { readonly function: { readonly name: string; readonly parameters: Json } }[];
}

export interface LanguageModel {
  /** Base address, as Open WebUI wants it. */
  readonly url: string;
  readonly asked: readonly Asked[];
  readonly stop: () => Promise<void>;
}

export async function startLanguageModel(): Promise<LanguageModel> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    if (request.url === "/v1/models") return sendJson(response, { data: [{ id: "scripted", object: "model" }] });
    void json(request).then((body) => {
      const { messages = [], tools = [], stream } = body as Partial<Asked> & { stream?: boolean };
      asked.push({ messages, tools });
      answer(response, { messages, tools }, stream === true);
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    asked,
    async stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function sendJson(response: ServerResponse, body: object): void {
  response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(body));
}

function answer(response: ServerResponse, asked: Asked, isStream: boolean): void {
  // Of a chat with several messages of the user, the last script counts.
  const at = asked.messages.findLastIndex(({ role, content }) => role === "user" && scriptIn(content) !== undefined);
  const isAnswered = asked.messages.slice(at).some(({ role }) => role === "tool");
  const calls = isAnswered || at < 0 ? [] : callsIn(asked, scriptIn(asked.messages[at]?.content) as string);
  const finish_reason = calls.length > 0 ? "tool_calls" : "stop";
  const said = calls.length > 0 ? { tool_calls: calls } : { content: isAnswered ? "That is all." : "Nothing to call." };
  const head = { id: "chat-1", object: "chat.completion.chunk", created: 1, model: "scripted" };
  if (!isStream) {
    const message = { role: "assistant", content: "", ...said };
    return sendJson(response, { ...head, object: "chat.completion", choices: [{ index: 0, message, finish_reason }] });
  }
  const chunks = [
    { ...head, choices: [{ index: 0, delta: { role: "assistant", ...said }, finish_reason: null }] },
    { ...head, choices: [{ index: 0, delta: {}, finish_reason }] },
  ].map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`);
  response.writeHead(200, { "Content-Type": "text/event-stream" }).end(`${chunks.join("")}data: [DONE]\n\n`);
}

/** What a message of the user says to call, as JSON. */
function scriptIn(content: unknown): string | undefined {
  const parts = Array.isArray(content) ? content.map((part: Json) => part["text"] ?? "").join("") : String(content);
  // The page's editor makes quotation marks that no JSON has.
  const text = parts.replaceAll(/[\u201c\u201d]/g, '"');
  return /\[\{.*\}\]/s.exec(text)?.[0];
}

function callsIn({ tools }: Asked, script: string): object[] {
  return (JSON.parse(script) as Wanted[]).map(({ tool, args = {} }, index) => {
    const names = tools.map((one) => one.function.name).filter((name) => new RegExp(tool).test(name));
    const name = names.length === 1 ? names[0] : `${names.length} tools match ${tool}`;
    return { index, id: `call-${index}`, type: "function", function: { name, arguments: JSON.stringify(args) } };
  });
}
