import { type ListedItem, replaceMember } from "@shardgate/mcp-wire";
import { joinArray } from "./join-array.ts";
import { matchTemplate } from "./uri-template.ts";

/** Which upstream has a resource, and what it calls it. */
export interface ResourceRoute {
  readonly upstream: string;
  readonly uri: string;
}

/** One upstream's resources and templates, as it listed them. */
export interface UpstreamResources {
  readonly upstream: string;
  readonly resources: readonly ListedItem[];
  readonly templates: readonly ListedItem[];
  /** True where it says that it has resources, listed or not. */
  readonly isCapable: boolean;
  /** How often the upstream said that they changed. */
  readonly announced: number;
}

/** What stands before a URI to say whose it is: `shardgate+nas+file:///etc/hosts`. A valid scheme (RFC 3986 §3.1). */
const QUALIFIED = /^shardgate\+([a-z0-9-]{1,16})\+/;

/**
 * All resources of all upstreams at one moment; immutable. A URI is passed as it is, so that those in results of tools
 * are good to read. Where two upstreams list one URI (or one template), the first by name has it; the others' are listed,
 * and asked for, with their upstream in front.
 */
export class ResourceCatalog {
  readonly #lists: readonly UpstreamResources[];
  readonly #owners = new Map<string, string>();
  readonly #templates = new Map<string, string>();
  readonly #joined = new Map<string, Buffer>();

  /** @param lists ordered by the names of their upstreams */
  constructor(lists: readonly UpstreamResources[]) {
    this.#lists = lists;
    for (const { upstream, resources, templates } of lists) {
      for (const { key } of resources) if (!this.#owners.has(key)) this.#owners.set(key, upstream);
      for (const { key } of templates) if (!this.#templates.has(key)) this.#templates.set(key, upstream);
    }
  }

  /**
   * Who has the resource: the upstream named in the URI, the one that lists it, the one whose template fits it best, or
   * the only one that could have it because no other lists URIs like it.
   */
  route(uri: string): ResourceRoute | undefined {
    const named = QUALIFIED.exec(uri);
    if (named !== null) return { upstream: named[1] as string, uri: uri.slice(named[0].length) };
    const upstream = this.#owners.get(uri) ?? this.#templates.get(uri) ?? this.#byTemplate(uri) ?? this.#alike(uri);
    return upstream === undefined ? undefined : { upstream, uri };
  }

  /** Those of some upstreams; a URI that another one shared with them is theirs then. */
  only(keeps: (upstream: string) => boolean): ResourceCatalog {
    return new ResourceCatalog(this.#lists.filter(({ upstream }) => keeps(upstream)));
  }

  /** What a resource of an upstream is called among all. */
  publicUri(upstream: string, uri: string): string {
    const owner = this.#owners.get(uri) ?? this.#byTemplate(uri);
    return owner === undefined || owner === upstream ? uri : qualify(upstream, uri);
  }

  /** What one upstream lists; undefined where it is not known. */
  of(upstream: string): UpstreamResources | undefined {
    return this.#lists.find((list) => list.upstream === upstream);
  }

  /** The JSON array of the resources of one upstream as it lists them, or of all. */
  list(upstream?: string): Buffer {
    return this.#join("resources", "uri", this.#owners, upstream);
  }

  /** The same of resource templates. */
  listTemplates(upstream?: string): Buffer {
    return this.#join("templates", "uriTemplate", this.#templates, upstream);
  }

  #join(
    kind: "resources" | "templates",
    member: string,
    owners: ReadonlyMap<string, string>,
    only: string | undefined,
  ): Buffer {
    const cacheKey = `${kind} ${only ?? ""}`;
    let joined = this.#joined.get(cacheKey);
    if (joined === undefined) {
      const items = this.#lists.flatMap(({ upstream, [kind]: own }) => {
        if (only !== undefined) return only === upstream ? own.map(({ bytes }) => bytes) : [];
        return own.map(({ key, bytes }) =>
          owners.get(key) === upstream
            ? bytes
            : replaceMember(bytes, member, Buffer.from(JSON.stringify(qualify(upstream, key)))),
        );
      });
      this.#joined.set(cacheKey, (joined = joinArray(items)));
    }
    return joined;
  }

  #byTemplate(uri: string): string | undefined {
    let best: { readonly upstream: string; readonly fixed: number } | undefined;
    for (const [template, upstream] of this.#templates) {
      const fixed = matchTemplate(template, uri);
      if (fixed !== undefined && fixed > (best?.fixed ?? -1)) best = { upstream, fixed };
    }
    return best?.upstream;
  }

  #alike(uri: string): string | undefined {
    const capable = this.#lists.filter(({ isCapable }) => isCapable);
    if (capable.length === 1) return capable[0]?.upstream;
    const scheme = schemeOf(uri);
    const same = capable.filter(({ resources, templates }) =>
      [...resources, ...templates].some(({ key }) => schemeOf(key) === scheme),
    );
    return same.length === 1 ? same[0]?.upstream : undefined;
  }
}

/** A URI that says whose it is. */
export function qualify(upstream: string, uri: string): string {
  return `shardgate+${upstream}+${uri}`;
}

/** True where a URI says whose it is. */
export function isQualified(uri: string): boolean {
  return QUALIFIED.test(uri);
}

function schemeOf(uri: string): string {
  return uri.slice(0, uri.indexOf(":") + 1).toLowerCase();
}
