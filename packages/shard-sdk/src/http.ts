import { Agent, fetch as undiciFetch, type RequestInit } from "undici";
import type * as z from "zod";
import { ToolError } from "./tool-error.ts";

/** How requests leave; a test brings a fake of its service. */
export type Fetch = (request: Request) => Promise<Response>;

export interface HttpClientOptions {
  /** What the service is called in errors. */
  readonly name: string;
  /** Where its API is; requests go below this address and nowhere else. */
  readonly baseUrl: string;
  /** The setting that holds the address, named in what to do next. */
  readonly setting?: string;
  /** Sent with every request, say the service's token. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Longest wait for a whole answer, in milliseconds. Default 10 s. */
  readonly timeout?: number;
  /** Longest answer, in bytes. Default 2 MiB. */
  readonly maxBytes?: number;
  /** Default: undici, with at most 8 connections. */
  readonly fetch?: Fetch | undefined;
}

export interface HttpRequest {
  readonly method?: string;
  /** What is undefined is left out. */
  readonly query?: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** A tool's `context.signal`. */
  readonly signal?: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
}

/** The API of one service. Its failures are {@link ToolError}s that say what happened and what to do next. */
export interface HttpClient {
  /** Any answer, whatever its status. @throws ToolError when there is none in time, or it is too large */
  send(path: string, request?: HttpRequest): Promise<HttpAnswer>;
  /** The text of a successful answer. @throws ToolError for any other */
  text(path: string, request?: HttpRequest): Promise<string>;
  /** A successful answer as JSON of a shape. @throws ToolError that names the field which is not as expected */
  json<S extends z.ZodType>(schema: S, path: string, request?: HttpRequest): Promise<z.output<S>>;
  /**
   * A successful answer line by line, as it comes: for streams without an end, such as server-sent events. Whoever leaves the loop ends
   * the request. @throws ToolError as {@link HttpClient.text}; the time counts for all that is read, the size for all lines together
   */
  lines(path: string, request?: HttpRequest): AsyncIterable<string>;
  /** Closes the connections. */
  close(): Promise<void>;
}

const MAX_CONNECTIONS = 8;
/** As much of an error's body as a model can use, in characters. */
const EXCERPT = 300;

/**
 * A client for the service behind a shard: one host, redirects not followed, time and size bounded.
 *
 * @throws TypeError when `baseUrl` is no address
 */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const { name, setting, headers = {}, timeout = 10_000, maxBytes = 2 << 20 } = options;
  const base = new URL(options.baseUrl);
  const prefix = base.pathname.replace(/\/+$/, "");
  const agent = options.fetch ? undefined : new Agent({ connections: MAX_CONNECTIONS, connect: { timeout } });
  const send: Fetch = options.fetch ?? ((request) => overUndici(request, agent as Agent));
  const where = setting === undefined ? "its address is right" : `${setting} is its address`;
  const checkIt = `Ask the operator to check that ${name} runs and that ${where}.`;

  function urlOf(path: string, query: HttpRequest["query"] = {}): URL {
    const url = new URL(`${prefix}${path}`, base);
    // A path made from arguments could climb out (`..`) or name a host (`//`).
    if (!path.startsWith("/") || url.origin !== base.origin || url.pathname !== `${prefix}${path}`) {
      throw new ToolError(`${JSON.stringify(path)} is no path of ${name}.`, { next: "Give plain names and ids." });
    }
    for (const [key, value] of Object.entries(query)) {
      for (const one of Array.isArray(value) ? value : [value]) {
        if (one !== undefined) url.searchParams.append(key, String(one));
      }
    }
    return url;
  }

  /** Sends a request and hands its answer to `take`; both are bounded by the time. */
  async function* exchange<T>(
    path: string,
    { method = "GET", query, body, headers: more, signal }: HttpRequest,
    take: (response: Response) => AsyncIterable<T>,
  ): AsyncGenerator<T> {
    const url = urlOf(path, query);
    const limit = AbortSignal.timeout(timeout);
    const request = new Request(url, {
      method,
      headers: {
        accept: "application/json",
        ...(body !== undefined && { "content-type": "application/json" }),
        ...headers,
        ...more,
      },
      redirect: "manual",
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    try {
      yield* take(await send(request));
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof ToolError) throw error;
      if (limit.aborted) {
        throw new ToolError(`${name} did not answer within ${timeout / 1000} s at ${base.origin}.`, { next: checkIt });
      }
      const reason = describe(error);
      throw new ToolError(`${name} cannot be reached at ${base.origin} (${reason}).`, { next: checkIt, cause: error });
    }
  }

  async function* chunksOf(response: Response): AsyncGenerator<Uint8Array> {
    let size = 0;
    for await (const chunk of response.body ?? []) {
      size += (chunk as Uint8Array).byteLength;
      if (size > maxBytes) {
        throw new ToolError(`The answer of ${name} is larger than ${maxBytes} bytes.`, { next: "Ask for less." });
      }
      yield chunk as Uint8Array;
    }
  }

  async function* whole(response: Response): AsyncGenerator<HttpAnswer> {
    yield { status: response.status, text: await gather(chunksOf(response)) };
  }

  /** The answer to a successful request; throws for any other. */
  async function* successful(response: Response, path: string, method = "GET"): AsyncGenerator<Uint8Array> {
    const { status } = response;
    if (status >= 200 && status < 300) return yield* chunksOf(response);
    const what = `${name} answered HTTP ${status} to ${method} ${path}`;
    const location = response.headers.get("location");
    if (location !== null) throw new ToolError(`${what}: it is at ${location} now.`, { next: checkIt });
    if (status === 401 || status === 403) {
      throw new ToolError(`${what}: it refused our credentials.`, {
        next: `Ask the operator to check the credentials for ${name}.`,
      });
    }
    const body = await gather(chunksOf(response));
    throw new ToolError(`${what}: ${body.trim().slice(0, EXCERPT) || "nothing else"}`);
  }

  const stream = (path: string, request: HttpRequest): AsyncGenerator<Uint8Array> =>
    exchange(path, request, (response) => successful(response, path, request.method));

  const text = (path: string, request: HttpRequest = {}): Promise<string> => gather(stream(path, request));

  async function* lines(path: string, request: HttpRequest = {}): AsyncGenerator<string> {
    const decoder = new TextDecoder();
    let rest = "";
    for await (const chunk of stream(path, request)) {
      const parts = (rest + decoder.decode(chunk, { stream: true })).split(/\r?\n/);
      rest = parts.pop() as string;
      yield* parts;
    }
    if (rest !== "") yield rest;
  }

  return {
    async send(path, request = {}) {
      const { value } = await exchange(path, request, whole).next();
      return value as HttpAnswer;
    },
    text,
    lines,
    async json(schema, path, request) {
      const body = await text(path, request);
      const unexpected = (why: string): ToolError =>
        new ToolError(`${name} answered ${path} with something else than expected: ${why}.`, {
          next: `Its version may be another than this shard knows. ${checkIt}`,
        });
      let data: unknown;
      try {
        data = JSON.parse(body);
      } catch {
        throw unexpected(`no JSON, but ${JSON.stringify(body.slice(0, 80))}`);
      }
      const parsed = schema.safeParse(data);
      if (parsed.success) return parsed.data;
      const [issue] = parsed.error.issues;
      throw unexpected(`${issue?.path.join(".") || "the whole"}: ${issue?.message}`);
    },
    close: async () => agent?.close(),
  };
}

async function gather(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all).toString("utf8");
}

/** undici's own types of a response and the platform's are two; what we read of it is the same. */
async function overUndici(request: Request, dispatcher: Agent): Promise<Response> {
  const { method, headers, signal } = request;
  const body = request.body === null ? undefined : await request.text();
  const init: RequestInit = {
    method,
    headers: Object.fromEntries(headers),
    signal,
    redirect: "manual",
    dispatcher,
    ...(body !== undefined && { body }),
  };
  return (await undiciFetch(request.url, init)) as unknown as Response;
}

/** undici says "fetch failed" and keeps the reason as the cause. */
function describe(error: unknown): string {
  const { message, cause } = error as { message?: string; cause?: { code?: string; message?: string } };
  return cause?.code ?? cause?.message ?? message ?? String(error);
}
