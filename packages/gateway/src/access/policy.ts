import { matcher } from "../core/pattern.ts";
import type { Identity } from "./open-webui-user.ts";

/** Tools that only some may see and call. */
export interface PolicyRule {
  /** Names of tools; `*` stands for any characters, here and below. */
  readonly tools: readonly string[];
  /** Ids or mail addresses. Names are no use: people choose their own. */
  readonly users: readonly string[];
  readonly roles: readonly string[];
  /** Whether requests that name nobody may too. */
  readonly unnamed: boolean;
}

interface CompiledRule {
  readonly isNamed: (tool: string) => boolean;
  readonly isFit: (identity: Identity | undefined) => boolean;
}

/**
 * Which rules somebody fits, one character for each: two who fit the same may see and call the same tools.
 */
export type Standing = string;

const FITS = "1";

/**
 * The rules of a configuration. A tool that rules name may be seen and called by who fits each of them; a tool that none
 * names, by everybody who may call at all. One rule answers both, so what somebody can list is what they can call.
 */
export class Policy {
  readonly #rules: readonly CompiledRule[];

  constructor(rules: readonly PolicyRule[]) {
    this.#rules = rules.map((rule) => ({ isNamed: matcher(rule.tools), isFit: fitOf(rule) }));
  }

  /** How somebody stands to the rules. */
  standingOf(identity: Identity | undefined): Standing {
    return this.#rules.map(({ isFit }) => (isFit(identity) ? FITS : "0")).join("");
  }

  /** The rules that name a tool by any of its names. */
  rulesFor(names: readonly string[]): readonly number[] {
    return this.#rules.flatMap(({ isNamed }, index) => (names.some(isNamed) ? [index] : []));
  }
}

/** True where somebody of this standing fits every rule there is. */
export function mayAll(standing: Standing): boolean {
  return !standing.includes("0");
}

/** True where somebody of this standing fits each of these rules. */
export function isAllowed(standing: Standing, rules: readonly number[]): boolean {
  return rules.every((rule) => standing[rule] === FITS);
}

function fitOf({ users, roles, unnamed }: PolicyRule): (identity: Identity | undefined) => boolean {
  const isUser = matcher(users);
  // Mail addresses are the same in capitals.
  const isAddress = matcher(users.map((pattern) => pattern.toLowerCase()));
  const isRole = matcher(roles);
  return (identity) => {
    // Whose token is not believed named somebody.
    if (identity?.refused !== undefined) return false;
    const { principal } = identity ?? {};
    if (principal === undefined) return unnamed;
    const { id, email, role } = principal;
    if (id !== undefined && isUser(id)) return true;
    if (email !== undefined && isAddress(email.toLowerCase())) return true;
    return role !== undefined && isRole(role);
  };
}
