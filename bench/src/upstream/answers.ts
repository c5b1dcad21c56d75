// A cheap MCP server: what it answers in either era, as text made once. No validation; it is there to cost nothing.
import { versions, type Era } from "../load/requests.ts";

export interface Request {
  readonly id?: number | string;
  readonly method: string;
  readonly params?: {
    readonly name?: string;
    readonly arguments?: { readonly text?: string };
    readonly protocolVersion?: string;
  };
}

/** What to send back: HTTP status and JSON body (none for a notification), and the session that an `initialize` opened. */
export interface Reply {
  readonly status: number;
  readonly body?: string;
  readonly session?: string;
}

export interface Answers {
  answer(era: Era, request: Request, session: string | undefined): Reply;
}

const serverInfo = { name: "bench-upstream", version: "1" };
const capabilities = { tools: {} };
const cacheable = { ttlMs: 3_600_000, cacheScope: "public" };

/** An upstream with `echo` and, to fill a catalog, as many further tools as make `count`. `mint` gives session ids. */
export function createAnswers(count: number, mint: () => string): Answers {
  const tools = JSON.stringify([
    tool("echo"),
    ...Array.from({ length: count - 1 }, (_, index) => tool(`tool_${index + 1}`)),
  ]);
  const sessions = new Set<string>();
  const results: Readonly<Record<Era, Readonly<Record<string, string>>>> = {
    legacy: {
      ping: "{}",
      "tools/list": `{"tools":${tools}}`,
    },
    modern: {
      "server/discover": JSON.stringify({
        supportedVersions: [versions.modern],
        capabilities,
        resultType: "complete",
        ...cacheable,
        _meta: { "io.modelcontextprotocol/serverInfo": serverInfo },
      }),
      "tools/list": `{"resultType":"complete","ttlMs":${cacheable.ttlMs},"cacheScope":"public","tools":${tools}}`,
    },
  };
  return {
    answer: (era, request, session) => {
      if (request.id === undefined) return { status: 202 };
      const opens = era === "legacy" && request.method === "initialize";
      if (era === "legacy" && !opens && !sessions.has(session ?? ""))
        return failure(request, session ? 404 : 400, -32_000, "No such session");
      const result = opens
        ? initializeResult(request)
        : request.method === "tools/call"
          ? callResult(era, request)
          : results[era][request.method];
      if (result === undefined) return failure(request, era === "modern" ? 404 : 200, -32_601, "Method not found");
      const body = `{"jsonrpc":"2.0","id":${JSON.stringify(request.id)},"result":${result}}`;
      if (!opens) return { status: 200, body };
      const minted = mint();
      sessions.add(minted);
      return { status: 200, body, session: minted };
    },
  };
}

/** Every revision will do: some clients speak none but those they know. */
function initializeResult({ params }: Request): string {
  return JSON.stringify({ protocolVersion: params?.protocolVersion ?? versions.legacy, capabilities, serverInfo });
}

function callResult(era: Era, request: Request): string {
  const text = JSON.stringify(request.params?.arguments?.text ?? "");
  const kind = era === "modern" ? '"resultType":"complete",' : "";
  return `{${kind}"content":[{"type":"text","text":${text}}]}`;
}

function failure(request: Request, status: number, code: number, message: string): Reply {
  return { status, body: JSON.stringify({ jsonrpc: "2.0", id: request.id, error: { code, message } }) };
}

function tool(name: string) {
  return {
    name,
    description: `Answers with the text it was given (${name}). Long enough to be like a real tool's description, which says what it does and when to use it.`,
    inputSchema: {
      type: "object",
      properties: {
        text: { type: "string", description: "What to say" },
        times: { type: "integer", minimum: 1, maximum: 10 },
      },
      required: ["text"],
    },
    annotations: { readOnlyHint: true, openWorldHint: false },
  };
}
