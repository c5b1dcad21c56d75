import { readLimited } from "../client/read-limited.ts";
import type { DocsCache, PageCopy } from "./docs-cache.ts";
import { readHtml } from "./html-to-markdown.ts";

/** Where pages come from. */
export interface DocsSources {
  /** Markdown source; `<base>/<branch>/docs/content/<path>.md` is appended. */
  readonly sourceUrl: string;
  /** The site; `<base>/<version>/<path>/` is appended. */
  readonly siteUrl: string;
}

/** A page, and whether it is a copy that could not be renewed. */
export interface Fetched {
  readonly copy: PageCopy;
  readonly from: "markdown" | "html" | "cache";
  readonly stale: boolean;
}

const FRESH = 24 * 3_600_000;
const TIMEOUT = 5000;
const MAX_BYTES = 2 * 1024 * 1024;
const MAX_FORWARDS = 3;

export interface DocsFetcherOptions extends DocsSources {
  readonly cache: DocsCache;
  readonly now: () => number;
  readonly fetch?: (request: Request) => Promise<Response>;
}

/** Gets pages of the documentation: from the cache while fresh, else the Markdown source, else the site, else an old copy. */
export function createDocsFetcher({
  sourceUrl,
  siteUrl,
  cache,
  now,
  fetch: request = (one) => fetch(one),
}: DocsFetcherOptions) {
  async function get(
    url: string,
    type: RegExp,
    signal: AbortSignal | undefined,
    etag?: string,
  ): Promise<{
    readonly status: number;
    readonly body: string;
    readonly etag: string | undefined;
    readonly location: string | undefined;
  }> {
    const limit = AbortSignal.timeout(TIMEOUT);
    const headers = {
      accept: "text/markdown, text/html, text/plain",
      ...(etag !== undefined && { "if-none-match": etag }),
    };
    const response = await request(
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
    return {
      status: 200,
      body: await readLimited(response, MAX_BYTES),
      etag: response.headers.get("etag") ?? undefined,
      location,
    };
  }

  async function fromSource(
    path: string,
    branch: string,
    old: PageCopy | undefined,
    signal?: AbortSignal,
  ): Promise<PageCopy | undefined> {
    const url = `${sourceUrl}/${branch}/docs/content/${path}.md`;
    const answer = await get(url, /^text\/(plain|markdown)/, signal, old?.url === url ? old.etag : undefined);
    if (answer.status === 304 && old !== undefined) return { ...old, fetchedAt: now() };
    if (answer.status !== 200) return undefined;
    const title =
      /^title:\s*"?(.*?)"?\s*$/m.exec(answer.body.split("\n---", 1)[0] ?? "")?.[1] ?? path.split("/").at(-1) ?? path;
    return {
      url,
      kind: "markdown",
      title,
      markdown: answer.body,
      fetchedAt: now(),
      ...(answer.etag !== undefined && { etag: answer.etag }),
    };
  }

  async function fromSite(path: string, version: string, signal?: AbortSignal): Promise<PageCopy | undefined> {
    const host = new URL(siteUrl).host;
    let url = `${siteUrl}/${version === "" ? "" : `${version}/`}${path}/`;
    for (let forwards = 0; forwards <= MAX_FORWARDS; forwards++) {
      const answer = await get(url, /^text\/html/, signal);
      const page = answer.status === 200 ? readHtml(answer.body) : undefined;
      const forward = answer.location ?? page?.forward;
      if (forward !== undefined) {
        const next = new URL(forward, url);
        // Nothing leads away from the host that the operator chose.
        if (next.host !== host) return undefined;
        url = next.href;
      } else if (page?.forward === undefined && page !== undefined) {
        return { url, kind: "html", title: page.title, markdown: page.markdown, fetchedAt: now() };
      } else return undefined;
    }
    return undefined;
  }

  /**
   * @param version such as `v3.7`; the branch of the source and a part of the site's path
   * @returns undefined when there is neither page nor copy
   */
  return async function fetchPage(path: string, version: string, signal?: AbortSignal): Promise<Fetched | undefined> {
    const key = `${version} ${path}`;
    const old = await cache.get(key);
    if (old !== undefined && now() - old.fetchedAt < FRESH) return { copy: old, from: "cache", stale: false };
    const ways = [
      () => fromSource(path, version, old, signal),
      () => fromSite(path, version, signal),
      () => fromSite(path, "", signal),
    ];
    for (const way of ways) {
      try {
        const copy = await way();
        if (copy === undefined) continue;
        await cache.put(key, copy);
        return { copy, from: copy.kind, stale: false };
      } catch {
        signal?.throwIfAborted();
        // The next way may still work; when none does, the old copy or our own text is told as such.
      }
    }
    return old === undefined ? undefined : { copy: old, from: "cache", stale: true };
  };
}

export type FetchPage = ReturnType<typeof createDocsFetcher>;
