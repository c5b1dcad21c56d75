import { qualifyNames } from "@shardgate/contract";
import { type ListedItem, replaceMember } from "@shardgate/mcp-wire";
import { joinArray } from "./join-array.ts";

/** The way from a qualified name to the prompt it stands for. */
export interface PromptRoute {
  readonly upstream: string;
  /** The prompt's own name as JSON, ready to be spliced into a request. */
  readonly nameJson: Buffer;
}

/** One upstream's prompts, as it listed them. */
export interface UpstreamPrompts {
  readonly upstream: string;
  readonly prompts: readonly ListedItem[];
  /** True where its names stand alone among all. */
  readonly isBare: boolean;
  /** How often the upstream said that they changed. */
  readonly announced: number;
}

/** One prompt, and what it is called among all. */
interface NamedPrompt {
  readonly name: string;
  readonly upstream: string;
  readonly prompt: ListedItem;
}

/** All prompts of all upstreams at one moment, named as tools are; immutable. */
export class PromptCatalog {
  readonly routes: ReadonlyMap<string, PromptRoute>;
  readonly #named: readonly NamedPrompt[];
  readonly #byUpstream: ReadonlyMap<string, UpstreamPrompts>;
  readonly #lists = new Map<string, Buffer>();

  private constructor(named: readonly NamedPrompt[], byUpstream: ReadonlyMap<string, UpstreamPrompts>) {
    this.#named = named;
    this.#byUpstream = byUpstream;
    this.routes = new Map(
      named.map(({ name, upstream, prompt }) => [
        name,
        { upstream, nameJson: Buffer.from(JSON.stringify(prompt.key)) },
      ]),
    );
  }

  /** @param lists in the order in which they are to be listed */
  static of(lists: readonly UpstreamPrompts[]): PromptCatalog {
    const owned = lists.flatMap(({ upstream, prompts, isBare }) =>
      prompts.map((prompt) => ({ upstream, prompt, isBare })),
    );
    const names = qualifyNames(owned.map(({ upstream, prompt, isBare }) => ({ upstream, tool: prompt.key, isBare })));
    const named = owned.map(({ upstream, prompt }, index) => ({ name: names[index] as string, upstream, prompt }));
    return new PromptCatalog(named, new Map(lists.map((list) => [list.upstream, list])));
  }

  /** Those of some upstreams, under the same names. */
  only(keeps: (upstream: string) => boolean): PromptCatalog {
    return new PromptCatalog(
      this.#named.filter(({ upstream }) => keeps(upstream)),
      new Map([...this.#byUpstream].filter(([upstream]) => keeps(upstream))),
    );
  }

  /** What one upstream has here; undefined where it is not known. */
  of(upstream: string): UpstreamPrompts | undefined {
    return this.#byUpstream.get(upstream);
  }

  /** The JSON array of one upstream's prompts under their own names, or of all under qualified ones. */
  list(upstream?: string): Buffer {
    let list = this.#lists.get(upstream ?? "");
    if (list === undefined) {
      const shown =
        upstream === undefined
          ? this.#named.map(({ name, prompt }) =>
              replaceMember(prompt.bytes, "name", Buffer.from(JSON.stringify(name))),
            )
          : (this.of(upstream)?.prompts ?? []).map(({ bytes }) => bytes);
      this.#lists.set(upstream ?? "", (list = joinArray(shown)));
    }
    return list;
  }
}
