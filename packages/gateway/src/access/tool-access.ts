import { qualifyNames } from "@shardgate/contract";
import { editObject, elementsOf, memberOf, type Message } from "@shardgate/mcp-wire";
import { LRUCache } from "lru-cache";
import type { Call } from "../core/call.ts";
import type { Catalog, Route } from "../core/catalog.ts";
import { isConfirmation } from "../core/confirm-tool.ts";
import { GatewayError } from "../core/errors.ts";
import { joinArray } from "../core/join-array.ts";
import type { LogFields } from "../core/logger.ts";
import { matcher } from "../core/pattern.ts";
import type { Visibility } from "../core/visibility.ts";
import {
  cleaned,
  createIdentify,
  type Identify,
  type Identity,
  identityFields,
  type OpenWebUiSettings,
} from "./open-webui-user.ts";
import { isAllowed, mayAll, Policy, type PolicyRule, type Standing } from "./policy.ts";

export interface ToolAccessSettings {
  readonly open_webui: OpenWebUiSettings;
  readonly policies: readonly PolicyRule[];
}

export interface ToolAccessDeps {
  /** All tools there are now. */
  readonly catalog: () => Catalog;
  /** Whether every request gave the gateway's key. */
  readonly isKeyAsked: () => boolean;
  readonly now: () => Date;
}

/** The policies as an operator sees them. */
export interface PolicyReport {
  readonly rules: number;
  /** What they say that comes to nothing (yet). */
  readonly problems?: readonly string[];
}

/** Parts of one catalog that are kept, one for each standing that asks for its list. */
const MAX_VIEWS = 64;

/**
 * Who may see and call which tool: the people behind requests, and the policies that name them. A call is judged by the
 * upstream it goes to and by what that calls the tool, which is the same through every front and under every name.
 * Without policies nothing is looked at.
 */
export class ToolAccess implements Visibility {
  readonly #deps: ToolAccessDeps;
  readonly #listeners = new Set<() => void>();
  #settings: ToolAccessSettings;
  #identify: Identify | undefined;
  #policy: Policy | undefined;
  /** Of the policy in force. */
  #rules = new WeakMap<Route, readonly number[]>();
  #views = new WeakMap<Catalog, LRUCache<Standing, Catalog>>();
  /** What the rules name in vain, found once for each catalog. */
  #idle: { readonly catalog: Catalog; readonly patterns: readonly string[] } | undefined;

  constructor(settings: ToolAccessSettings, deps: ToolAccessDeps) {
    this.#deps = deps;
    this.#settings = settings;
    this.#apply(settings);
  }

  /** From now on these settings count. */
  use(settings: ToolAccessSettings): void {
    const [before, now] = [this.#settings, settings].map(({ open_webui, policies }) => [open_webui, policies]);
    this.#settings = settings;
    if (JSON.stringify(before) === JSON.stringify(now)) return;
    this.#apply(settings);
    for (const listener of this.#listeners) listener();
  }

  #apply({ open_webui, policies }: ToolAccessSettings): void {
    this.#identify = createIdentify(open_webui, this.#deps);
    this.#policy = policies.length === 0 ? undefined : new Policy(policies);
    this.#rules = new WeakMap();
    this.#views = new WeakMap();
    this.#idle = undefined;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Who is behind a request, as fields of a log line; undefined where nobody is asked for, or named. */
  describe(headers: readonly string[]): LogFields | undefined {
    const identity = this.#identify?.(headers);
    return identity && identityFields(identity);
  }

  /** Names the user behind a request; undefined where nobody is named who is believed. */
  userOf(headers: readonly string[]): string | undefined {
    const principal = this.#identify?.(headers)?.principal;
    return principal && JSON.stringify(principal.id ?? principal);
  }

  /** Whether a request may speak for a chat: any may, unless it is told who is to be believed. */
  isBelieved(headers: readonly string[]): boolean {
    return this.#identify === undefined || this.#identify(headers)?.principal !== undefined;
  }

  visible(catalog: Catalog, headers: readonly string[] | undefined): Catalog {
    const policy = this.#policy;
    if (policy === undefined) return catalog;
    const standing = policy.standingOf(this.#identityOf(headers));
    if (mayAll(standing)) return catalog;
    let views = this.#views.get(catalog);
    if (views === undefined) this.#views.set(catalog, (views = new LRUCache({ max: MAX_VIEWS })));
    let view = views.get(standing);
    if (view === undefined) {
      view = catalog.only((route) => isAllowed(standing, this.#rulesOf(policy, route)));
      views.set(standing, view);
    }
    return view;
  }

  narrow(response: Message, upstream: string, headers: readonly string[] | undefined): Message {
    const tools = this.#policy === undefined || response.isError ? undefined : memberOf(response.outcome, "tools");
    if (this.#policy === undefined || tools === undefined) return response;
    const policy = this.#policy;
    const standing = policy.standingOf(this.#identityOf(headers));
    const kept = elementsOf(tools).filter((tool) => {
      const name = memberOf(tool, "name");
      const own = name === undefined ? "" : String(JSON.parse(name.toString()));
      return isAllowed(standing, this.#rulesOfOwn(policy, upstream, own));
    });
    return response.withOutcome(editObject(response.outcome, { tools: joinArray(kept) }));
  }

  /** Why a call may not be made; undefined where it may. */
  refusalOf({ upstream: state, message, headers }: Call): GatewayError | undefined {
    const policy = this.#policy;
    if (policy === undefined || message.method !== "tools/call") return undefined;
    // It calls nothing itself: what it confirms is judged as a call of its own.
    if (isConfirmation(state, message)) return undefined;
    const upstream = state.name;
    const { name } = message;
    const details = { upstream, phase: "route", sent: false } as const;
    // An upstream might take something else for a name, and we would have judged another.
    if (name === undefined) {
      return new GatewayError("invalid_request", "params.name is missing; name the tool to call", details);
    }
    const rules = this.#rulesOfOwn(policy, upstream, name);
    if (rules.length === 0) return undefined;
    const identity = this.#identityOf(headers);
    if (isAllowed(policy.standingOf(identity), rules)) return undefined;
    const shown = this.#deps.catalog().routeTo(upstream, name)?.name ?? name;
    return new GatewayError("policy_denied", denial(shown, identity), details);
  }

  /** Undefined where there are no policies. */
  report(): PolicyReport | undefined {
    const { policies, open_webui } = this.#settings;
    if (policies.length === 0) return undefined;
    const catalog = this.#deps.catalog();
    if (this.#idle?.catalog !== catalog) this.#idle = { catalog, patterns: idlePatterns(policies, catalog) };
    const idle = this.#idle.patterns;
    const isPlain = open_webui.trust_headers && !open_webui.jwt_secret;
    const isUnheard = isPlain && !this.#deps.isKeyAsked();
    const unheard = "auth.open_webui.trust_headers counts only with auth.api_key: as it is, no request names a user";
    const problems = isUnheard ? [unheard, ...idle] : idle;
    return { rules: policies.length, ...(problems.length > 0 && { problems }) };
  }

  #identityOf(headers: readonly string[] | undefined): Identity | undefined {
    return headers && this.#identify?.(headers);
  }

  #rulesOf(policy: Policy, route: Route): readonly number[] {
    let rules = this.#rules.get(route);
    if (rules === undefined) this.#rules.set(route, (rules = policy.rulesFor(namesOf(route))));
    return rules;
  }

  /** Of a tool by what its upstream calls it, listed or not: a program may not have been started yet. */
  #rulesOfOwn(policy: Policy, upstream: string, own: string): readonly number[] {
    const route = this.#deps.catalog().routeTo(upstream, own);
    return route === undefined ? policy.rulesFor(possibleNames(upstream, own)) : this.#rulesOf(policy, route);
  }
}

/** What a rule may call a tool: as it is named among all, and with its upstream in front where that is left out, cut or renamed. */
function namesOf({ name, upstream, tool }: Route): readonly string[] {
  return [name, `${upstream}__${tool.name}`, `${upstream}__${tool.ownName ?? tool.name}`];
}

/** What a tool that nobody listed might be named. */
function possibleNames(upstream: string, own: string): readonly string[] {
  const named = [false, true].flatMap((isBare) => qualifyNames([{ upstream, tool: own, isBare }]));
  return [own, `${upstream}__${own}`, ...named];
}

function idlePatterns(policies: readonly PolicyRule[], catalog: Catalog): readonly string[] {
  const names = [...catalog.routes.values()].flatMap(namesOf);
  return policies.flatMap(({ tools }, index) =>
    tools
      .filter((pattern) => !names.some(matcher([pattern])))
      .map((pattern) => `auth.policies.${index}.tools: ${pattern} fits no tool`),
  );
}

function denial(tool: string, identity: Identity | undefined): string {
  const only = `Only certain users may call ${tool}`;
  if (identity?.refused !== undefined) {
    return `${only}, and the token that names the user of this request is not believed (${identity.refused}); see auth.open_webui of the gateway`;
  }
  if (identity?.principal === undefined) {
    return `${only}, and this request names none; call it from Open WebUI with ENABLE_FORWARD_USER_INFO_HEADERS, which auth.open_webui of the gateway believes`;
  }
  const { email, name, id } = cleaned(identity.principal);
  return `${only}, and ${email ?? name ?? id ?? "this user"} is none of them; ask the operator of the gateway (auth.policies)`;
}
