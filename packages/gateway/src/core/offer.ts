import { type ListedTool, replaceMember } from "@shardgate/mcp-wire";
import { type ConfirmPolicy, type ConfirmRule, confirmRules } from "./confirm-rule.ts";
import { matcher } from "./pattern.ts";

/** A tool as it is offered: under its own name, or under one that the configuration gives it. */
export interface OfferedTool extends ListedTool {
  /** What its upstream calls it, where it is offered under another name. */
  readonly ownName?: string;
  /** Whom its calls need the agreement of a person for; undefined where they need none. */
  readonly confirm?: ConfirmRule;
}

/** Which tools of an upstream are offered, and under which names. */
export interface OfferPolicy {
  readonly include?: readonly string[] | undefined;
  readonly exclude?: readonly string[] | undefined;
  /** Own name → name it is offered under. */
  readonly rename?: Readonly<Record<string, string>> | undefined;
  readonly confirm?: ConfirmPolicy | undefined;
}

/**
 * Chooses and renames; patterns are of own names. Of two tools that would have one name, the first has it and the other
 * is not offered.
 *
 * @returns the list itself where nothing is chosen, renamed or to be confirmed
 */
export function offer(listed: readonly ListedTool[], policy: OfferPolicy | undefined): readonly OfferedTool[] {
  const tools = withRules(listed, policy?.confirm);
  if (policy === undefined) return tools;
  const { include, exclude = [], rename = {} } = policy;
  const isIncluded = include === undefined ? () => true : matcher(include);
  const isExcluded = matcher(exclude);
  const taken = new Set<string>();
  const offered: OfferedTool[] = [];
  for (const tool of tools) {
    if (!isIncluded(tool.name) || isExcluded(tool.name)) continue;
    const name = Object.hasOwn(rename, tool.name) ? (rename[tool.name] as string) : tool.name;
    if (taken.has(name)) continue;
    taken.add(name);
    offered.push(name === tool.name ? tool : renamed(tool, name));
  }
  return offered;
}

/** Whether a policy chooses or renames tools, so that not every one is offered under its own name. */
export function isChoosing({ include, exclude, rename }: OfferPolicy = {}): boolean {
  return (include ?? exclude ?? rename) !== undefined;
}

/** Which tools need the agreement of a person, by what their upstream calls them; undefined where none do. */
export function confirmsOf(tools: readonly OfferedTool[]): ReadonlyMap<string, ConfirmRule> | undefined {
  const confirms = new Map<string, ConfirmRule>();
  for (const { name, ownName = name, confirm } of tools) if (confirm !== undefined) confirms.set(ownName, confirm);
  return confirms.size === 0 ? undefined : confirms;
}

function withRules(tools: readonly ListedTool[], policy: ConfirmPolicy | undefined): readonly OfferedTool[] {
  const ruleOf = confirmRules(policy);
  const rules = tools.map(ruleOf);
  if (rules.every((rule) => rule === undefined)) return tools;
  return tools.map((tool, index) => {
    const confirm = rules[index];
    return confirm === undefined ? tool : { ...tool, confirm };
  });
}

function renamed(tool: ListedTool, name: string): OfferedTool {
  const json = Buffer.from(JSON.stringify(name));
  const [modern, legacy] = [tool.modern, tool.legacy].map((bytes) => replaceMember(bytes, "name", json));
  return { ...tool, name, modern: modern as Buffer, legacy: legacy as Buffer, ownName: tool.name };
}
