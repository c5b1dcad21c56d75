// A tool server that a user adds for herself: the browser speaks to it (openwebui §1.2, "User tool servers").
import { isJson, type Json } from "./outcome.ts";
import { toolsOf, type OpenApiTool } from "./openapi-tools.ts";

export interface DirectConnection {
  readonly tools: readonly OpenApiTool[];
  /** What the server adds to the system prompt; undefined where it adds nothing. */
  readonly prompt: string | undefined;
  /** @throws Error `HTTP error! …` as the page shows it */
  readonly call: (
    tool: string,
    args?: Json,
  ) => Promise<{ readonly body: unknown; readonly disposition: string | null }>;
}

/**
 * @param origin of Open WebUI's page
 * @throws Error where a browser would not let the page see the answer, or the page shows no server
 */
export async function connectDirectly(url: string, key: string, origin: string): Promise<DirectConnection> {
  const ask = async (path: string, headers: Record<string, string>, body?: string | null): Promise<Response> => {
    const method = body === undefined ? "GET" : "POST";
    const names = Object.keys(headers).map((name) => name.toLowerCase());
    if (names.length > 0) await preflight(url + path, { origin, method, headers: names });
    const response = await fetch(url + path, { method, headers: { ...headers, Origin: origin }, body: body ?? null });
    if (response.headers.get("access-control-allow-origin") !== origin) throw new Error(`CORS hides ${path}`);
    return response;
  };
  const common = { "content-type": "application/json", authorization: `Bearer ${key}` };
  const document = (await (await ask("/openapi.json", common)).json()) as Json;
  refuseCircles(document);
  const config = (await (await ask("/api/config", {})).json()) as { features?: { system?: boolean } };
  const system = config.features?.system === true ? ((await (await ask("/system", common)).json()) as Json) : {};
  const tools = toolsOf(document);
  return {
    tools,
    prompt: system["prompt"] as string | undefined,
    async call(name, args) {
      const tool = tools.find((one) => one.name === name);
      if (tool === undefined) throw new Error(`the language model was not given ${name}`);
      // Without arguments there is no body at all.
      const body = args === undefined ? null : JSON.stringify(args);
      const response = await ask(tool.path, { ...common, "x-session-id": "s1" }, body);
      const text = await response.text();
      if (!response.ok) throw new Error(`HTTP error! Status: ${response.status}. Message: ${text}`);
      const exposed = response.headers.get("access-control-expose-headers")?.toLowerCase() ?? "";
      const disposition = exposed.includes("content-disposition") ? response.headers.get("content-disposition") : null;
      return { body: response.headers.get("content-type")?.includes("json") ? JSON.parse(text) : text, disposition };
    },
  };
}

/** @throws Error where a browser would not send the request (WHATWG Fetch, "CORS-preflight fetch") */
async function preflight(
  url: string,
  { origin, method, headers }: { origin: string; method: string; headers: readonly string[] },
): Promise<void> {
  const { status, headers: answer } = await fetch(url, {
    method: "OPTIONS",
    headers: {
      Origin: origin,
      "Access-Control-Request-Method": method,
      "Access-Control-Request-Headers": headers.join(","),
      "Access-Control-Request-Private-Network": "true",
    },
  });
  const list = (name: string): readonly string[] => (answer.get(name) ?? "").toLowerCase().split(/\s*,\s*/);
  const isAllowed =
    status < 300 &&
    answer.get("access-control-allow-origin") === origin &&
    list("access-control-allow-methods").includes(method.toLowerCase()) &&
    headers.every((name) => list("access-control-allow-headers").includes(name)) &&
    answer.get("access-control-allow-private-network") === "true";
  if (!isAllowed) throw new Error(`the browser does not send ${method} ${url}: ${status}`);
}

/** One reference in a circle, and every tool server is gone from the page. */
function refuseCircles(document: Json): void {
  const follow = (value: unknown, seen: readonly string[]): void => {
    if (Array.isArray(value)) return value.forEach((one) => follow(one, seen));
    if (!isJson(value)) return;
    const { $ref } = value;
    if (typeof $ref === "string" && $ref.startsWith("#/")) {
      if (seen.includes($ref)) throw new Error(`a circle at ${$ref}`);
      const target = $ref
        .slice(2)
        .split("/")
        .reduce<unknown>((at, part) => (isJson(at) ? at[part] : undefined), document);
      follow(target, [...seen, $ref]);
    }
    Object.values(value).forEach((one) => follow(one, seen));
  };
  follow(document["paths"], []);
}
