const DEFAULT_PER_PAGE = 100;

// In Node since 22, in TypeScript's library not yet (https://github.com/tc39/proposal-json-parse-with-source).
const rawJson = (JSON as unknown as { rawJSON: (text: string) => unknown }).rawJSON;

/** Answers as Go's JSON encoder: whole 64-bit integers, one line. */
export function json(value: unknown, headers: Record<string, string> = {}): Response {
  return new Response(`${JSON.stringify(value, bigints)}\n`, {
    headers: { "content-type": "application/json", ...headers },
  });
}

/** An error of the API: JSON in a text/plain answer. */
export function apiError(message: string, status: number): Response {
  return new Response(`${JSON.stringify({ message })}\n`, {
    status,
    headers: { "content-type": "text/plain; charset=utf-8" },
  });
}

export function notFound(): Response {
  return new Response("404 page not found\n", {
    status: 404,
    headers: { "content-type": "text/plain; charset=utf-8" },
  });
}

/** One page of a list; `X-Next-Page` is 1 on the last one. */
export function page(list: readonly unknown[], query: URLSearchParams): Response {
  const perPage = pageParam(query, "per_page", DEFAULT_PER_PAGE);
  const wanted = pageParam(query, "page", 1);
  for (const param of [perPage, wanted]) if (typeof param === "string") return apiError(param, 400);
  const [size, number] = [perPage as number, wanted as number];
  const start = (number - 1) * size;
  if (start !== 0 && start >= list.length) return apiError(`invalid request: page: ${number}, per_page: ${size}`, 400);
  const next = number * size < list.length ? number + 1 : 1;
  return json(list.slice(start, start + size), { "x-next-page": String(next) });
}

function pageParam(query: URLSearchParams, key: string, fallback: number): number | string {
  const raw = query.get(key) ?? "";
  if (raw === "") return fallback;
  const value = /^[-+]?\d+$/.test(raw) ? Number(raw) : 0;
  return value > 0 ? value : `invalid request: ${key}: ${value}`;
}

function bigints(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? rawJson(value.toString()) : value;
}
