import { parseRule, type RuleTree } from "@shardgate/traefik-sim/config";
import type { ApiRouter, Protocol, Section } from "../client/api-types.ts";

/** The priority Traefik gives a rule that has none: its length, but the TCP rule for everything comes last. */
export function defaultPriority(rule: string): number {
  return rule === "HostSNI(`*`)" ? -1 : Buffer.byteLength(rule);
}

/** Two routers that match the same requests on the same entrypoint. */
export interface Conflict {
  readonly routers: readonly string[];
  readonly rule: string;
  readonly entrypoints: readonly string[];
  /** True when neither wins by priority: Traefik then picks one at random at every reload. */
  readonly random: boolean;
}

/** A rule in a form that is equal for equal rules: blanks, letter case of hosts and order of alternatives do not count. */
export function normalRule(rule: string, protocol: Protocol): string {
  if (protocol === "udp") return "";
  const parsed = parseRule(rule, protocol);
  return parsed.fault === undefined ? print(parsed.tree) : rule;
}

function print(tree: RuleTree): string {
  if (tree.kind === "matcher") {
    const args = tree.args.map((arg) => (/^Host(SNI)?$/.test(tree.name) ? arg.toLowerCase() : arg));
    return `${tree.not ? "!" : ""}${tree.name}(${args.map((arg) => JSON.stringify(arg)).join(",")})`;
  }
  return `(${flatten(tree, tree.kind)
    .map(print)
    .toSorted()
    .join(tree.kind === "or" ? "||" : "&&")})`;
}

function flatten(tree: RuleTree, kind: "and" | "or"): RuleTree[] {
  return tree.kind === kind ? [...flatten(tree.left, kind), ...flatten(tree.right, kind)] : [tree];
}

/** Every pair of running routers with the same rule on the same entrypoint. */
export function findConflicts(section: Section, protocol: Protocol): Conflict[] {
  const groups = new Map<string, [string, ApiRouter][]>();
  for (const [name, router] of Object.entries(section.routers)) {
    if (name.endsWith("@internal") || router.status === "disabled") continue;
    // A router with TLS and one without never see the same request.
    const key = `${router.tls === undefined ? "" : "tls "}${normalRule(router.rule, protocol)}`;
    groups.set(key, [...(groups.get(key) ?? []), [name, router]]);
  }
  const conflicts: Conflict[] = [];
  for (const members of groups.values()) {
    for (const [index, [name, router]] of members.entries()) {
      for (const [other, rival] of members.slice(index + 1)) {
        const entrypoints = router.using.filter((entryPoint) => rival.using.includes(entryPoint));
        if (entrypoints.length > 0)
          conflicts.push({
            routers: [name, other],
            rule: router.rule,
            entrypoints,
            random: router.priority === rival.priority,
          });
      }
    }
  }
  return conflicts;
}

/** What a new router would collide with. */
export interface NewRouter {
  /** As Traefik will call it: `app@file`. */
  readonly ownName: string;
  readonly rule: string;
  readonly entryPoints: readonly string[];
  readonly tls: boolean;
  readonly priority: number | undefined;
}

export function findRivals(
  section: Section,
  protocol: Protocol,
  router: NewRouter,
): { readonly name: string; readonly priority: string; readonly random: boolean }[] {
  const wanted = normalRule(router.rule, protocol);
  const priority = String(router.priority ?? defaultPriority(router.rule));
  return Object.entries(section.routers)
    .filter(([name, rival]) => {
      const own = name === router.ownName || name.endsWith(`-${router.ownName}`);
      const shared = rival.using.some((entryPoint) => router.entryPoints.includes(entryPoint));
      return (
        !own &&
        shared &&
        (rival.tls !== undefined) === router.tls &&
        rival.status !== "disabled" &&
        normalRule(rival.rule, protocol) === wanted
      );
    })
    .map(([name, rival]) => ({ name, priority: rival.priority, random: rival.priority === priority }));
}
