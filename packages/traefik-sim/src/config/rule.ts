import { checkMatcher } from "./matchers.ts";
import { RuleError, tokenize, type Token } from "./rule-tokens.ts";

/** A parsed rule: a matcher with its arguments, or two rules joined. Negation is a mark on the matcher. */
export type RuleTree =
  | { readonly kind: "matcher"; readonly name: string; readonly args: readonly string[]; readonly not: boolean }
  | { readonly kind: "and" | "or"; readonly left: RuleTree; readonly right: RuleTree };

export type RuleKind = "http" | "tcp";

/** What is wrong with a rule, in Traefik's words, and where (1-based column), with a hint for old spellings. */
export interface RuleFault {
  /** `grammar`: it cannot be parsed; `argument`: a matcher refuses what it is given. */
  readonly kind: "grammar" | "argument";
  readonly message: string;
  readonly column?: number;
  readonly hint?: string;
}

export type ParsedRule = { readonly tree: RuleTree; readonly fault?: undefined } | { readonly fault: RuleFault };

const MAX_RULE_LENGTH = 20_000;

/**
 * Parses a router's rule as Traefik 3 does: Go expression syntax with matchers, `&&` above `||`, `!`, parentheses; then
 * checks each matcher's arguments. The message of a fault is the one Traefik's API shows.
 */
export function parseRule(rule: string, kind: RuleKind): ParsedRule {
  const hint = hintFor(rule);
  const more = hint === undefined ? {} : { hint };
  try {
    if (rule.length > MAX_RULE_LENGTH) throw new RuleError("rule is too long");
    const tree = new Parser(tokenize(rule), kind).parse();
    const message = checkTree(tree, kind);
    return message === undefined ? { tree } : { fault: { kind: "argument", message, ...more } };
  } catch (error) {
    if (!(error instanceof RuleError)) throw error;
    const { column } = error;
    if (column === undefined) return { fault: { kind: "grammar", message: error.message, ...more } };
    return { fault: { kind: "grammar", message: `1:${column}: ${error.message}`, column, ...more } };
  }
}

/** All matchers of a rule, from left to right. */
export function matchersOf(tree: RuleTree): (RuleTree & { kind: "matcher" })[] {
  if (tree.kind === "matcher") return [tree];
  return [...matchersOf(tree.left), ...matchersOf(tree.right)];
}

/** The rule as alternatives of joined matchers (disjunctive normal form), at most `limit` alternatives. */
export function alternativesOf(tree: RuleTree, limit = 256): (RuleTree & { kind: "matcher" })[][] {
  if (tree.kind === "matcher") return [[tree]];
  const [left, right] = [alternativesOf(tree.left, limit), alternativesOf(tree.right, limit)];
  const joined = tree.kind === "or" ? [...left, ...right] : left.flatMap((a) => right.map((b) => [...a, ...b]));
  return joined.slice(0, limit);
}

class Parser {
  readonly #tokens: readonly Token[];
  readonly #kind: RuleKind;
  #index = 0;
  #depth = 0;

  constructor(tokens: readonly Token[], kind: RuleKind) {
    this.#tokens = tokens;
    this.#kind = kind;
  }

  parse(): RuleTree {
    const tree = this.#or();
    const rest = this.#peek();
    if (rest.type !== "end") throw new RuleError(`expected 'EOF', found ${describe(rest)}`, rest.column);
    return tree;
  }

  #peek(): Token {
    return this.#tokens[this.#index] as Token;
  }

  #next(): Token {
    const token = this.#peek();
    if (token.type !== "end") this.#index++;
    return token;
  }

  #or(): RuleTree {
    let left = this.#and();
    while (this.#peek().type === "||") {
      this.#index++;
      left = { kind: "or", left, right: this.#and() };
    }
    return left;
  }

  #and(): RuleTree {
    let left = this.#unary();
    while (this.#peek().type === "&&") {
      this.#index++;
      left = { kind: "and", left, right: this.#unary() };
    }
    return left;
  }

  #unary(): RuleTree {
    const token = this.#next();
    if (++this.#depth > 500) throw new RuleError("rule is nested too deep", token.column);
    try {
      if (token.type === "!") return negate(this.#unary());
      if (token.type === "(") {
        const inner = this.#or();
        this.#expect(")");
        return inner;
      }
      if (token.type === "name") return this.#call(token);
      if (token.type === "end") throw new RuleError("expected operand, found 'EOF'", token.column);
      throw new RuleError(`expected operand, found ${describe(token)}`, token.column);
    } finally {
      this.#depth--;
    }
  }

  #call(name: Token): RuleTree {
    if (this.#peek().type !== "(") throw new RuleError(`${name.text} is not defined`);
    this.#index++;
    const args: string[] = [];
    while (this.#peek().type !== ")") {
      const arg = this.#next();
      if (arg.type === "name") throw new RuleError(`${arg.text} is not defined`);
      if (arg.type === "rune") throw new RuleError("unsupported function argument type: 'CHAR'");
      if (arg.type !== "string") throw new RuleError(`expected operand, found ${describe(arg)}`, arg.column);
      args.push(arg.text);
      if (this.#peek().type !== ",") break;
      this.#index++;
    }
    if (this.#peek().type === "end")
      throw new RuleError("missing ',' before newline in argument list", this.#peek().column);
    this.#expect(")");
    const canonical = matcherName(name.text, this.#kind);
    if (canonical === undefined) throw new RuleError(`unsupported function: ${name.text}`);
    return { kind: "matcher", name: canonical, args, not: false };
  }

  #expect(type: ")"): void {
    const token = this.#next();
    if (token.type !== type) throw new RuleError(`expected '${type}', found ${describe(token)}`, token.column);
  }
}

function describe(token: Token): string {
  return token.type === "end" ? "'EOF'" : `'${token.text || token.type}'`;
}

function negate(tree: RuleTree): RuleTree {
  if (tree.kind === "matcher") return { ...tree, not: !tree.not };
  return { kind: tree.kind === "and" ? "or" : "and", left: negate(tree.left), right: negate(tree.right) };
}

const NAMES: Readonly<Record<RuleKind, readonly string[]>> = {
  http: [
    "ClientIP",
    "Method",
    "Host",
    "HostRegexp",
    "Path",
    "PathRegexp",
    "PathPrefix",
    "Header",
    "HeaderRegexp",
    "Query",
    "QueryRegexp",
  ],
  tcp: ["ClientIP", "HostSNI", "HostSNIRegexp", "ALPN"],
};

/** The matcher meant by a name: exact, all lower, all upper or title case are taken, nothing else. */
function matcherName(name: string, kind: RuleKind): string | undefined {
  return NAMES[kind].find((known) => {
    const lower = known.toLowerCase();
    return [known, lower, known.toUpperCase(), `${(lower[0] as string).toUpperCase()}${lower.slice(1)}`].includes(name);
  });
}

function checkTree(tree: RuleTree, kind: RuleKind): string | undefined {
  if (tree.kind !== "matcher") return checkTree(tree.left, kind) ?? checkTree(tree.right, kind);
  return checkMatcher(kind, tree.name, tree.args);
}

/** Advice for spellings that older versions of Traefik took. */
function hintFor(rule: string): string | undefined {
  if (/Headers(Regexp)?\s*\(/i.test(rule)) return "Traefik 3 calls it Header(`name`, `value`) and HeaderRegexp.";
  if (/Host(SNI)?\s*\([^)]*,/i.test(rule)) return "Traefik 3 takes one host per matcher: Host(`a`) || Host(`b`).";
  if (/\{[^}`]*:[^}`]*\}/.test(rule))
    return "Traefik 3 has no {name:regexp}: write HostRegexp(`^[a-z]+\\.example\\.com$`).";
  if (rule.includes("'")) return "Use back-ticks around values, not single quotes.";
  if (/\b(and|or|not)\b/i.test(rule)) return "Join matchers with && and ||, negate with !.";
  return undefined;
}
