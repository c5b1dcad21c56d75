import { LRUCache } from "lru-cache";
import { provisionalName } from "../registry/shown-as.ts";
import type { UpstreamDefinition } from "../upstreams/index.ts";
import { fileStore, NO_STORE } from "./kept-sign-ins.ts";
import type { OAuthOptions } from "./oauth-options.ts";
import { SignIn, type SignInDeps } from "./sign-in.ts";

/** Upstreams whose sign-ins are remembered, and sign-ins that may have begun at once. */
const MAX_UPSTREAMS = 1_000;
const MAX_BEGUN = 100;

export interface SignInsDeps extends Pick<SignInDeps, "fetch" | "timers" | "logger"> {
  /** Folder for what outlives a restart; undefined where nothing is kept. */
  readonly stateDir: string | undefined;
}

/** The sign-ins of all upstreams. One outlives the upstream it was made for, so that a reload asks nobody to sign in again. */
export class SignIns {
  readonly #deps: SignInsDeps;
  readonly #known = new LRUCache<string, SignIn>({ max: MAX_UPSTREAMS });
  readonly #begun = new LRUCache<string, { readonly name: string; readonly signIn: SignIn }>({ max: MAX_BEGUN });

  constructor(deps: SignInsDeps) {
    this.#deps = deps;
  }

  /** The sign-in of an upstream; the same one while its name, its address and what is said of the sign-in stay. */
  of(name: string, url: string, options: OAuthOptions): SignIn {
    const identity = JSON.stringify([name, url, options]);
    const known = this.#known.get(identity);
    if (known !== undefined) return known;
    const { stateDir } = this.#deps;
    const isKept = options.storage === "file" && stateDir !== undefined;
    const store = isKept ? fileStore(stateDir, [name, url]) : NO_STORE;
    const signIn = new SignIn({ ...this.#deps, name, url, options, store });
    this.#known.set(identity, signIn);
    return signIn;
  }

  /** The same by what is said of an upstream; undefined where that is nothing of a sign-in. */
  ofDefinition(definition: UpstreamDefinition): SignIn | undefined {
    const { options } = definition;
    if (!("oauth" in options) || options.oauth === undefined) return undefined;
    return this.of(provisionalName(definition), new URL(options.url).href, options.oauth);
  }

  /** Begins one. @returns the page where a person agrees @throws Error with what is wrong */
  async begin(name: string, signIn: SignIn, callback: string): Promise<URL> {
    const { page, state } = await signIn.begin(callback);
    this.#begun.set(state, { name, signIn });
    return page;
  }

  /**
   * What a browser brought back.
   *
   * @returns the name of the upstream that is signed in now
   * @throws Error with what is wrong
   */
  async finish(query: URLSearchParams): Promise<string> {
    const state = query.get("state") ?? "";
    const begun = this.#begun.get(state);
    this.#begun.delete(state);
    if (begun === undefined) throw new Error("no sign-in is waiting for this; begin again with `shardgate login`");
    const refusal = query.get("error");
    if (refusal !== null) throw new Error(query.get("error_description") ?? refusal);
    const code = query.get("code");
    if (code === null) throw new Error("the address it came back with has no code");
    await begun.signIn.finish(state, code, query.get("iss") ?? undefined);
    return begun.name;
  }
}
