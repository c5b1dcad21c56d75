import { type ExchangeContext, type ListedTool, memberOf } from "@shardgate/mcp-wire";
import { isOpenWebUi } from "./open-webui.ts";
import { matcher } from "./pattern.ts";

/** For whom a person has to agree to a tool's calls first: Open WebUI, which asks nobody itself, or everyone. */
export type ConfirmRule = "open-webui" | "everyone";

/** Which tools need it: those that say they destroy something, for Open WebUI; none; or those named, for everyone. */
export type ConfirmPolicy = "destructive" | "never" | readonly string[];

/** Says which rule a tool is under; undefined where nobody has to agree. Patterns are of own names. */
export function confirmRules(policy: ConfirmPolicy = "destructive"): (tool: ListedTool) => ConfirmRule | undefined {
  if (policy === "never") return () => undefined;
  if (policy === "destructive") return (tool) => (isDestructive(tool) ? "open-webui" : undefined);
  const isNamed = matcher(policy);
  return ({ name }) => (isNamed(name) ? "everyone" : undefined);
}

/** Only what a tool says outright counts: what it does not say means that it may destroy, and most say nothing. */
function isDestructive({ modern }: ListedTool): boolean {
  const annotations = memberOf(modern, "annotations");
  if (annotations === undefined) return false;
  const says = (hint: string): boolean => memberOf(annotations, hint)?.toString() === "true";
  return says("destructiveHint") && !says("readOnlyHint");
}

/** Whether a rule counts for who sent a request. */
export function isUnder(rule: ConfirmRule | undefined, headers: readonly string[] | undefined): boolean {
  return rule === "everyone" || (rule === "open-webui" && isOpenWebUi(headers));
}

/** Whether the person behind a request can be shown a form (2025-11-25 and 2026-07-28 client/elicitation). */
export function canShowForm({ era, session, client }: Pick<ExchangeContext, "era" | "session" | "client">): boolean {
  const { elicitation } = client.capabilities;
  if (typeof elicitation !== "object" || elicitation === null || (era === "legacy" && session === undefined)) {
    return false;
  }
  // Declared with nothing in it, it means forms.
  return "form" in elicitation || !("url" in elicitation);
}
