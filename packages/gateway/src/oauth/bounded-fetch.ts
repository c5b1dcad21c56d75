import type { Fetch } from "../core/fetch.ts";

/** What an authorization server says is small, and is said soon. */
const MAX_BYTES = 1024 * 1024;
const TIMEOUT_MS = 10_000;

/**
 * The same `fetch` for servers that an upstream named: no answer is waited for longer than 10 s or read beyond 1 MiB, and
 * what we post (codes, tokens) follows no redirect.
 */
export function boundedFetch(fetch: Fetch): (input: string | URL, init?: RequestInit) => Promise<Response> {
  return async (input, init = {}) => {
    const redirect = (init.method ?? "GET") === "GET" ? "follow" : "error";
    const answer = await fetch(new Request(input, { ...init, redirect, signal: AbortSignal.timeout(TIMEOUT_MS) }));
    const { status, statusText, headers } = answer;
    const body = await readSome(answer, input);
    return new Response(body.length === 0 ? null : body, { status, statusText, headers });
  };
}

async function readSome(answer: Response, input: string | URL): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer.body ?? []) {
    size += chunk.length;
    if (size > MAX_BYTES) throw new Error(`${new URL(input).origin} answers with more than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Uint8Array.from(Buffer.concat(chunks));
}
