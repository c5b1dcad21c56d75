// Open WebUI's "OpenAPI" tool servers (openwebui §1.2).
import { toolsOf } from "./openapi-tools.ts";
import { failed, isJson, shown, succeeded, type Connection, type Json, type Outcome } from "./outcome.ts";

const DATA_IMAGE = /^data:image\/[a-z+.-]+;base64,/;

export interface OpenApiConnectionSettings {
  readonly key?: string;
  /** Headers that say who asks: sent with calls, not when the document is fetched. */
  readonly identity?: Readonly<Record<string, string>>;
  /** The message of the chat that its calls are made for; documents are fetched for nobody. */
  readonly chatMessage?: string;
}

/** @throws Error where Open WebUI leaves the server out without a word */
export async function connectOpenApi(url: string, settings: OpenApiConnectionSettings = {}): Promise<Connection> {
  const { key = "", identity = {}, chatMessage = "message-1" } = settings;
  const headers = {
    "Content-Type": "application/json",
    Accept: "application/json",
    ...(key !== "" && { Authorization: `Bearer ${key}` }),
  };
  const fetched = await fetch(`${url}/openapi.json`, {
    headers,
    redirect: "manual",
    signal: AbortSignal.timeout(10_000),
  });
  const document = (await fetched.json()) as Json;
  if (fetched.status >= 400 || !isJson(document["paths"])) throw new Error(`no document at ${url}: ${fetched.status}`);
  const tools = toolsOf(document);
  return {
    instructions: undefined,
    tools,
    async call(name, args = {}) {
      const tool = tools.find((one) => one.name === name);
      if (tool === undefined) throw new Error(`the language model was not given ${name}`);
      // What the schema does not name never leaves the house.
      const named = Object.entries(args).filter(([argument]) => argument in (tool.parameters["properties"] as Json));
      const target = new URL(url + tool.path);
      const body: Record<string, unknown> = {};
      for (const [argument, value] of named) {
        const place = tool.places[argument];
        if (place === "path")
          target.pathname = target.pathname.replace(`%7B${argument}%7D`, encodeURIComponent(String(value)));
        else if (place === "query") target.searchParams.append(argument, value === true ? "True" : String(value));
        else if (place === undefined) body[argument] = value;
      }
      const response = await fetch(target, {
        method: tool.method,
        headers: {
          ...headers,
          Accept: "*/*",
          "X-OpenWebUI-Chat-Id": "chat-1",
          "X-OpenWebUI-Message-Id": chatMessage,
          ...identity,
        },
        body: tool.method === "GET" ? null : JSON.stringify(body),
        redirect: "manual",
      });
      return outcomeOf(name, response);
    },
    stop: async () => undefined,
  };
}

async function outcomeOf(tool: string, response: Response): Promise<Outcome> {
  // It follows no redirect and reads nothing from one.
  if (response.status >= 300 && response.status < 400) return succeeded("");
  if (response.status >= 400) return failed(`HTTP error ${response.status}: ${await response.text()}`);
  const type = response.headers.get("content-type") ?? "";
  if (type.startsWith("text/html") && response.headers.get("content-disposition")?.includes("inline") === true) {
    const embeds = [await response.text()];
    const message = `${tool}: Embedded UI result is active and visible to the user.`;
    return succeeded(shown({ status: "success", code: "ui_component", message }), { embeds });
  }
  if (type.startsWith("text/")) return succeeded(await response.text());
  const given: unknown = type.includes("json")
    ? await response.json()
    : `data:${type};base64,${Buffer.from(await response.arrayBuffer()).toString("base64")}`;
  const images: string[] = [];
  const rest = withoutImages(given, images);
  return succeeded(rest === "[image]" ? `${tool}: Image file read successfully.` : shown(rest), { images });
}

function withoutImages(value: unknown, images: string[]): unknown {
  if (typeof value === "string" && DATA_IMAGE.test(value)) {
    images.push(value);
    return "[image]";
  }
  if (Array.isArray(value)) return value.map((one) => withoutImages(one, images));
  if (!isJson(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, withoutImages(one, images)]));
}
