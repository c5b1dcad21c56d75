import { readLimited } from "../read-limited.ts";
import type { DocsCache, PageCopy } from "./docs-cache.ts";

/** A place that has the pages. */
export interface DocsSource {
  /** Markdown is taken as it is; of HTML the article is read. */
  readonly kind: "markdown" | "html";
  /** Where it is, such as `https://docs.example.com`; nothing outside its origin is asked. */
  readonly base: string;
  /** What follows the base for a page, beginning with `/`. */
  readonly path: (page: string, version: string) => string;
  /** Of HTML: a CSS selector of the article. Default: what mkdocs and most generators make. */
  readonly article?: string;
}

/** A page, and whether it is a copy that could not be renewed. */
export interface Fetched {
  readonly copy: PageCopy;
  readonly from: "markdown" | "html" | "cache";
  readonly stale: boolean;
}

export interface DocsFetcherOptions {
  /** Asked in this order. */
  readonly sources: readonly DocsSource[];
  readonly cache: DocsCache;
  readonly now: () => number;
  readonly fetch: (request: Request) => Promise<Response>;
}

/**
 * @param page one of the shard's own list
 * @param version checked before; empty where the documentation has none
 * @returns undefined when there is neither page nor copy
 */
export type FetchPage = (page: string, version: string, signal?: AbortSignal) => Promise<Fetched | undefined>;

/** How long a copy is not asked for again, and the longest wait for an answer, in ms; its largest size in bytes. */
const FRESH = 24 * 3_600_000;
const TIMEOUT = 5000;
const MAX_BYTES = 2 * 1024 * 1024;
const MAX_FORWARDS = 3;

const TYPES = { markdown: /^text\/(plain|markdown|x-markdown)/, html: /^(text\/html|application\/xhtml)/ } as const;

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly etag: string | undefined;
  readonly location: string | undefined;
}

/** Gets pages: from the cache while fresh, else from the sources in their order, else an old copy. */
export function createDocsFetcher({ sources, cache, now, fetch }: DocsFetcherOptions): FetchPage {
  async function get(url: string, type: RegExp, signal?: AbortSignal, etag?: string): Promise<Answer> {
    const limit = AbortSignal.timeout(TIMEOUT);
    const headers = {
      accept: "text/markdown, text/html, text/plain",
      ...(etag !== undefined && { "if-none-match": etag }),
    };
    const response = await fetch(
      new Request(url, { headers, redirect: "manual", signal: signal ? AbortSignal.any([signal, limit]) : limit }),
    );
    const location = response.headers.get("location") ?? undefined;
    if (response.status !== 200) {
      await response.body?.cancel();
      return { status: response.status, body: "", etag: undefined, location };
    }
    if (!type.test(response.headers.get("content-type") ?? "")) {
      await response.body?.cancel();
      throw new Error(`${url} is not the kind of page expected`);
    }
    const body = await readLimited(response, MAX_BYTES);
    return { status: 200, body, etag: response.headers.get("etag") ?? undefined, location };
  }

  async function fromSource(
    source: DocsSource,
    page: string,
    version: string,
    old: PageCopy | undefined,
    signal?: AbortSignal,
  ): Promise<PageCopy | undefined> {
    const { origin } = new URL(source.base);
    let url = new URL(`${source.base.replace(/\/+$/, "")}${source.path(page, version)}`);
    for (let forwards = 0; forwards <= MAX_FORWARDS; forwards++) {
      // Nothing leads away from the place that the operator chose.
      if (url.origin !== origin) return undefined;
      const known = old?.url === url.href ? old : undefined;
      const answer = await get(url.href, TYPES[source.kind], signal, known?.etag);
      if (answer.status === 304 && known !== undefined) return { ...known, fetchedAt: now() };
      const read = answer.status === 200 ? await readPage(source, answer.body, page) : undefined;
      const forward = answer.location ?? read?.forward;
      if (forward !== undefined) url = new URL(forward, url);
      else if (read?.markdown === undefined) return undefined;
      else {
        const { title, markdown } = read;
        const etag = answer.etag === undefined ? {} : { etag: answer.etag };
        return { url: url.href, kind: source.kind, title, markdown, fetchedAt: now(), ...etag };
      }
    }
    return undefined;
  }

  return async (page, version, signal) => {
    const key = `${version} ${page}`;
    const old = await cache.get(key);
    if (old !== undefined && now() - old.fetchedAt < FRESH) return { copy: old, from: "cache", stale: false };
    for (const source of sources) {
      try {
        const copy = await fromSource(source, page, version, old, signal);
        if (copy === undefined) continue;
        await cache.put(key, copy);
        return { copy, from: copy.kind, stale: false };
      } catch {
        signal?.throwIfAborted();
        // The next source may still work; when none does, the old copy or the shard's own text is told as such.
      }
    }
    return old === undefined ? undefined : { copy: old, from: "cache", stale: true };
  };
}

async function readPage(source: DocsSource, body: string, page: string) {
  if (source.kind === "html") {
    // Most pages come as Markdown; only the others cost a parser of HTML.
    const { readHtml } = await import("./html-to-markdown.ts");
    return readHtml(body, source.article);
  }
  const front = body.split("\n---", 1)[0] ?? "";
  const title =
    /^title:\s*["']?(.*?)["']?\s*$/m.exec(front)?.[1] ??
    /^#\s+(.+?)\s*$/m.exec(body)?.[1] ??
    page.split("/").at(-1) ??
    page;
  return { title, markdown: body, forward: undefined };
}
