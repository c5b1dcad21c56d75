/** What a call is answered with. */
export interface Shaped {
  readonly status: number;
  readonly type: string;
  readonly body: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Block {
  readonly type?: unknown;
  readonly text?: unknown;
  readonly data?: unknown;
  readonly mimeType?: unknown;
  readonly resource?: {
    readonly uri?: unknown;
    readonly text?: unknown;
    readonly blob?: unknown;
    readonly mimeType?: unknown;
  };
}

interface Result {
  readonly content?: unknown;
  readonly structuredContent?: unknown;
  readonly isError?: unknown;
  readonly resultType?: unknown;
}

const JSON_TYPE = "application/json";
const EMPTY_LIST = Buffer.from("[]");

/**
 * The result of a tool as mcpo gives it (openwebui §2.4, §6.18): the JSON of one text, a list of several; images, audio and
 * binary resources as data URIs; structured content where there is nothing else. A tool that failed is a 500 with its own words.
 *
 * @param outcome the JSON of the result
 * @param takesHtml whether a page as the only result may go out as such: Open WebUI shows it in the chat (openwebui §1.2)
 */
export function shapeResult(outcome: Buffer, takesHtml: boolean): Shaped {
  const result = JSON.parse(outcome.toString()) as Result;
  const blocks = (Array.isArray(result.content) ? result.content : []) as Block[];
  if (result.isError === true) return failure(500, textsOf(blocks) || "Unknown tool execution error");
  if (result.resultType !== undefined && result.resultType !== "complete") {
    return failure(500, "The tool asks for input before it goes on, which is possible over MCP only");
  }
  const [only] = blocks;
  if (only !== undefined && blocks.length === 1) {
    const page = takesHtml ? htmlOf(only) : undefined;
    return page === undefined ? ok(jsonOf(only)) : html(page);
  }
  if (only !== undefined) return ok(Buffer.concat([OPEN, ...joined(blocks.map(jsonOf)), CLOSE]));
  return ok(
    result.structuredContent === undefined ? EMPTY_LIST : Buffer.from(JSON.stringify(result.structuredContent)),
  );
}

const OPEN = Buffer.from("[");
const CLOSE = Buffer.from("]");
const COMMA = Buffer.from(",");

function joined(parts: readonly Buffer[]): Buffer[] {
  return parts.flatMap((part, index) => (index === 0 ? [part] : [COMMA, part]));
}

function jsonOf(block: Block): Buffer {
  const { type, resource } = block;
  if (type === "text" && typeof block.text === "string") return textJson(block.text);
  if ((type === "image" || type === "audio") && typeof block.data === "string") {
    return Buffer.from(JSON.stringify(dataUri(block.mimeType, block.data)));
  }
  if (type === "resource" && typeof resource?.text === "string") return textJson(resource.text);
  if (type === "resource" && typeof resource?.blob === "string") {
    return Buffer.from(JSON.stringify(dataUri(resource.mimeType, resource.blob)));
  }
  // A link, or what a later revision brings.
  return Buffer.from(JSON.stringify(block));
}

/** A text that is JSON goes out as it is spelled: its numbers keep their digits. */
function textJson(text: string): Buffer {
  return Buffer.from(isJson(text) ? text : JSON.stringify(text));
}

/** RFC 8259 §3: what is neither object nor array nor string. */
const WORD_OR_NUMBER = /^[ \t\n\r]*(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)[ \t\n\r]*$/;

function isJson(text: string): boolean {
  // A reader that throws costs as much as the whole call, and many a sentence begins like a number or a word of JSON.
  if (!/^[ \t\n\r]*[[{"]/.test(text)) return WORD_OR_NUMBER.test(text);
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function dataUri(mimeType: unknown, data: string): string {
  return `data:${typeof mimeType === "string" ? mimeType : "application/octet-stream"};base64,${data}`;
}

function htmlOf({ type, resource }: Block): string | undefined {
  if (type !== "resource" || typeof resource?.text !== "string" || typeof resource.mimeType !== "string")
    return undefined;
  return /^text\/html\s*(;|$)/i.test(resource.mimeType) ? resource.text : undefined;
}

/** A page of the upstream's must not act as one of ours, where a browser opens it. */
const PAGE_HEADERS = { "Content-Disposition": "inline", "Content-Security-Policy": "sandbox allow-scripts" } as const;

function html(page: string): Shaped {
  return { status: 200, type: "text/html; charset=utf-8", body: Buffer.from(page), headers: PAGE_HEADERS };
}

function ok(body: Buffer): Shaped {
  return { status: 200, type: JSON_TYPE, body };
}

function textsOf(blocks: readonly Block[]): string {
  const texts = blocks.map(({ type, text, resource }) => (type === "text" ? text : resource?.text));
  return texts.filter((text) => typeof text === "string" && text !== "").join("\n");
}

/** A failure with its message and, of a JSON-RPC error, its data. */
export function failure(
  status: number,
  message: string,
  data?: unknown,
  headers?: Readonly<Record<string, string>>,
): Shaped {
  const detail = { message, ...(data !== undefined && data !== null && { data }) };
  return {
    status,
    type: JSON_TYPE,
    body: Buffer.from(JSON.stringify({ detail })),
    ...(headers !== undefined && { headers }),
  };
}

/**
 * The body of an answer whose status is out already, 200, as JSON: what is no JSON becomes a text, and a failure says in
 * `detail.status` what its status would have been.
 */
export function lateAnswer({ status, type, body }: Shaped): Buffer {
  if (type !== JSON_TYPE) return Buffer.from(JSON.stringify(body.toString()));
  if (status < 400) return body;
  const { detail } = JSON.parse(body.toString()) as { detail: unknown };
  const more = typeof detail === "object" && !Array.isArray(detail) ? detail : { message: detail };
  return Buffer.from(JSON.stringify({ detail: { ...more, status } }));
}

/** A refusal before anything was called. */
export function refusal(status: number, detail: unknown, headers?: Readonly<Record<string, string>>): Shaped {
  return {
    status,
    type: JSON_TYPE,
    body: Buffer.from(JSON.stringify({ detail })),
    ...(headers !== undefined && { headers }),
  };
}
