import { ToolError } from "@shardgate/shard-sdk";
import { alternativesOf, parseRule, type RuleTree } from "@shardgate/traefik-sim/config";
import { isIP } from "node:net";
import { domainToASCII } from "node:url";

const LABEL = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/;

/** What a rule is made of. */
export interface RuleInput {
  readonly hosts: readonly string[];
  readonly rule?: string | undefined;
  readonly path_prefix?: string | undefined;
}

/**
 * Reads a host name as people write it: `https://Media.example.com/` is `media.example.com`, other scripts become
 * punycode, a leading `*.` stands for one label.
 *
 * @throws ToolError when it can never match a request
 */
export function readHost(text: string, field: string): string {
  const bare = text
    .trim()
    .replace(/^https?:\/\//i, "")
    .replace(/\/$/, "")
    .replace(/\.$/, "");
  const wildcard = bare.startsWith("*.");
  // domainToASCII cuts at what ends a host in a URL, and decodes percent signs.
  const ascii = /[/?#@\\:%[\]\s]/.test(bare) ? "" : domainToASCII(wildcard ? bare.slice(2) : bare).toLowerCase();
  const labels = ascii.split(".");
  const isName = ascii.length <= 253 && labels.every((label) => LABEL.test(label));
  if (ascii !== "" && (isName || (!wildcard && isIP(ascii) !== 0))) return wildcard ? `*.${ascii}` : ascii;
  const port = /:\d+$/.test(bare) ? " A host has no port here: the entrypoint decides it." : "";
  throw new ToolError(`\`${field}\`: ${JSON.stringify(text)} is no host name.${port}`, {
    next: "Write it like media.example.com, or *.example.com for every name below it.",
  });
}

/** Builds the rule from hosts and path prefix, or checks one that was given whole. Values are quoted, never pasted. */
export function buildRule({ hosts, rule, path_prefix: prefix }: RuleInput): string {
  if (rule !== undefined) {
    if (hosts.length > 0 || prefix !== undefined) {
      throw new ToolError("`rule` stands alone; hosts and path_prefix were given too.", {
        next: "Give either rule, or host and path_prefix.",
      });
    }
    return checkRule(rule);
  }
  if (hosts.length === 0)
    throw new ToolError("`host` is missing.", {
      next: "Give the host name people will type, such as media.example.com.",
    });
  const names = hosts.map((host) => `Host(\`${host}\`)`);
  const either = names.length === 1 ? (names[0] as string) : `(${names.join(" || ")})`;
  if (prefix === undefined || prefix === "/") return names.length === 1 ? either : names.join(" || ");
  if (!/^\/[\w\-.~%/:@!$&'()*+,;=]*$/.test(prefix)) {
    throw new ToolError(`\`path_prefix\`: ${JSON.stringify(prefix)} is no path.`, {
      next: "Start it with / and leave out ? and #, such as /api.",
    });
  }
  return `${either} && PathPrefix(\`${prefix}\`)`;
}

/** Checks a whole rule: Traefik's grammar, and that it cannot catch requests meant for others. */
function checkRule(rule: string): string {
  const text = rule.replace(/\s+/g, " ").trim();
  const parsed = parseRule(text, "http");
  if (parsed.fault !== undefined) {
    throw new ToolError(`\`rule\`: ${parsed.fault.message}.`, {
      next: parsed.fault.hint ?? "Write it like Host(`media.example.com`) && PathPrefix(`/api`).",
    });
  }
  for (const alternative of alternativesOf(parsed.tree)) {
    for (const matcher of alternative) checkMatcher(matcher);
    if (!alternative.some(isNarrow)) {
      throw new ToolError("`rule` would catch requests for every host.", {
        next: "Give each alternative of || a Host(`…`) of its own.",
      });
    }
  }
  return text;
}

function checkMatcher(matcher: RuleTree & { kind: "matcher" }): void {
  const [value = ""] = matcher.args;
  if (matcher.name === "Host" && value !== "*") {
    const host = readHost(value, "rule");
    if (host !== value.toLowerCase())
      throw new ToolError(`\`rule\`: Host(\`${value}\`) never matches; it must be Host(\`${host}\`).`, {
        next: "Correct the host.",
      });
  }
  if (matcher.name === "HostRegexp" && /^\{|\{[a-z]+:/.test(value)) {
    throw new ToolError(`\`rule\`: HostRegexp(\`${value}\`) is syntax of Traefik 2 and never matches.`, {
      next: "Write a plain regular expression, such as ^[a-z]+\\.example\\.com$.",
    });
  }
}

/** Whether a matcher limits a rule to some hosts. */
function isNarrow(matcher: RuleTree & { kind: "matcher" }): boolean {
  if (matcher.not) return false;
  const [value = ""] = matcher.args;
  if (matcher.name === "Host") return value !== "*";
  if (matcher.name !== "HostRegexp") return false;
  // A pattern is narrow when it asks for a literal domain at its end.
  return /[a-z0-9-]+\\?\.[a-z0-9-]+\$?$/i.test(value) && !/^\^?(\(?\.[*+]\)?)\$?$/.test(value);
}

/** Hosts a rule serves, lower case, as far as they are spelled out. */
export function hostsOfRule(rule: string): string[] {
  const parsed = parseRule(rule, "http");
  if (parsed.fault !== undefined) return [];
  const hosts = alternativesOf(parsed.tree)
    .flat()
    .flatMap((matcher) =>
      !matcher.not && (matcher.name === "Host" || matcher.name === "HostSNI") ? matcher.args : [],
    );
  return [...new Set(hosts.map((host) => host.toLowerCase()))];
}

/** Refuses hosts outside the domains that the operator allows. */
export function requireAllowedDomains(rule: string, domains: readonly string[]): void {
  if (domains.length === 0) return;
  const parsed = parseRule(rule, "http");
  if (parsed.fault !== undefined) return;
  for (const alternative of alternativesOf(parsed.tree)) {
    const hosts = alternative
      .filter((matcher) => matcher.name === "Host" && !matcher.not)
      .map((matcher) => (matcher.args[0] as string).toLowerCase());
    const allowed = (host: string) =>
      domains.some((domain) => host === domain.toLowerCase() || host.endsWith(`.${domain.toLowerCase()}`));
    if (!hosts.some(allowed)) {
      throw new ToolError(`Only hosts of ${domains.join(", ")} are allowed here (ALLOWED_DOMAINS).`, {
        next: `Use a host below one of them; every alternative of a rule needs one.`,
      });
    }
  }
}
