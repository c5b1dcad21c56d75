import type { ConfirmRule } from "../core/confirm-rule.ts";
import { CONFIRM_CALL_SHORT } from "../core/confirm-tool.ts";

/** Most characters that are shown of one argument, and most arguments. */
const MAX_VALUE = 300;
const MAX_ARGUMENTS = 20;

/** A call in words, before it is made. */
export interface Described {
  readonly upstream: string;
  /** The tool's own name. */
  readonly tool: string;
  readonly args: unknown;
  readonly rule: ConfirmRule;
}

const WHY: Record<ConfirmRule, string> = {
  "open-webui": "which says of itself that it can destroy or overwrite something",
  everyone: "which the gateway is set up to ask about",
};

/** What would happen, for a person to read: every value on one line, and none that could pass for words of ours. */
export function describeCall({ upstream, tool, args, rule }: Described): string {
  const entries = typeof args === "object" && args !== null ? Object.entries(args) : [];
  const lines = entries.slice(0, MAX_ARGUMENTS).map(([name, value]) => `- ${shown(name, 64)}: ${valueText(value)}`);
  const more = entries.length - lines.length;
  if (more > 0) lines.push(`- and ${more} more`);
  const what = `The tool ${shown(tool, 64)} of ${upstream}, ${WHY[rule]}, would run`;
  return lines.length === 0 ? `${what} without arguments.` : [`${what} with:`, ...lines].join("\n");
}

/** What a model is told of a call that was planned, not made. */
export function planText(described: Described, token: string, minutes: number): string {
  return [
    "NOT DONE YET: nothing has happened so far, because a person has to agree to this first.",
    describeCall(described),
    `Tell the user what would happen, ask whether to go on, and end your answer there. Only when the user has said yes in a later message, call the tool ${CONFIRM_CALL_SHORT} (its whole name contains that; of several, the one of ${described.upstream}) with {"token":"${token}"}. It then runs exactly this call, once. The token is good for ${minutes} minutes, in this chat alone. If the user says no, do nothing.`,
  ].join("\n\n");
}

export const DECLINED =
  "The user did not agree, so nothing was done. Do not try again unless the user asks for it in words of their own.";

export const TOO_SOON =
  "Nothing was done: this call was planned in the very message that you are answering, so the user cannot have agreed yet. Ask the user, end your answer, and confirm when the user has said yes in the next message.";

export const UNKNOWN_TOKEN =
  "Nothing was done: no planned call has this token here. It is good for 10 minutes, for the user and the chat it was given in, and until the gateway restarts. Call the tool itself again to get a new one.";

export const NOT_OFFERED = "Nothing was done: the tool is not offered here, or not any more.";

export function elsewhere(upstream: string): string {
  return `Nothing was done: this token is of a call to ${upstream}; use the ${CONFIRM_CALL_SHORT} of ${upstream}.`;
}

export function cannotAsk(reason: string): string {
  return `The user could not be asked, so nothing was done (${reason}).`;
}

function valueText(value: unknown): string {
  return shown(JSON.stringify(value) ?? "nothing", MAX_VALUE);
}

/** On one line, without characters that change how the rest looks, and cut where it is long. */
function shown(text: string, max: number): string {
  const clean = text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, "\ufffd");
  if (clean.length <= max) return clean;
  return `${clean.slice(0, max).toWellFormed()}… (${clean.length - max} characters more)`;
}
