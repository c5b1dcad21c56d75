import { editObject, type Era, type ExchangeContext, memberOf } from "@shardgate/mcp-wire";
import type { ListedEntry } from "./catalog.ts";
import { canShowForm, type ConfirmRule } from "./confirm-rule.ts";
import { CONFIRM_CALL, confirmTool } from "./confirm-tool.ts";
import { joinArray } from "./join-array.ts";
import { isOpenWebUi } from "./open-webui.ts";
import type { Snapshot } from "./snapshot.ts";

/** What of a list of tools depends on who reads it. */
export interface Reader {
  /** The rules under which its calls are planned, because nobody can be shown a form. */
  readonly plans: "none" | "everyone" | "all";
  /** Whether it drops what servers say of their use (openwebui §1.3: Open WebUI up to 0.11). */
  readonly isWithoutInstructions: boolean;
}

/** What a request says of who reads its answer. */
export function readerOf(context: ExchangeContext): Reader {
  const isUi = isOpenWebUi(context.headers);
  return {
    plans: canShowForm(context) ? "none" : isUi ? "all" : "everyone",
    isWithoutInstructions: isUi && context.era === "legacy",
  };
}

/** Most characters of one upstream's instructions in the description of a tool. */
const MAX_INSTRUCTIONS = 500;

const CONFIRM_TOOL = confirmTool(CONFIRM_CALL);

/** Lists of tools as different readers need them, each put together once for a snapshot. */
export class ToolLists {
  #snapshot: Snapshot | undefined;
  readonly #lists = new Map<string, Buffer>();

  /** The JSON array of tools in the words of an era: of one upstream with their own names, or of all, qualified. */
  list(snapshot: Snapshot, era: Era, reader: Reader, upstream: string | undefined): Buffer {
    if (this.#snapshot !== snapshot) this.#lists.clear();
    this.#snapshot = snapshot;
    const key = `${era} ${reader.plans} ${reader.isWithoutInstructions} ${upstream ?? ""}`;
    let list = this.#lists.get(key);
    if (list === undefined) this.#lists.set(key, (list = listFor(snapshot, era, reader, upstream)));
    return list;
  }
}

function listFor(snapshot: Snapshot, era: Era, reader: Reader, upstream: string | undefined): Buffer {
  const { catalog } = snapshot;
  const entries = catalog.listed(era, upstream);
  const isPlanned = ({ tool }: ListedEntry): boolean => isPlannedFor(reader, tool.confirm);
  const needsConfirm = entries.some(isPlanned);
  const said = reader.isWithoutInstructions ? instructionsOf(snapshot) : new Map<string, string>();
  if (!needsConfirm && said.size === 0) return catalog.list(era, upstream);
  const tools = entries.map((entry) => {
    const words = said.get(entry.upstream);
    // Said once, with the first of its tools.
    said.delete(entry.upstream);
    const told = words === undefined ? entry.bytes : withWords(entry.bytes, words);
    // A plan has nothing of what the tool promises to give, and clients hold it to its promise (openwebui §1.3).
    return isPlanned(entry) ? editObject(told, { outputSchema: undefined }) : told;
  });
  return joinArray(needsConfirm ? [...tools, CONFIRM_TOOL[era]] : tools);
}

function isPlannedFor({ plans }: Reader, rule: ConfirmRule | undefined): boolean {
  return rule !== undefined && (plans === "all" || plans === rule);
}

function instructionsOf({ upstreams }: Snapshot): Map<string, string> {
  const said = new Map<string, string>();
  for (const [name, { description }] of upstreams) {
    const text = description?.instructions?.trim() ?? "";
    if (text === "") continue;
    const short = text.length > MAX_INSTRUCTIONS ? `${text.slice(0, MAX_INSTRUCTIONS).toWellFormed()}…` : text;
    said.set(name, `For all tools of ${name}: ${short}`);
  }
  return said;
}

function withWords(tool: Buffer, words: string): Buffer {
  const described = memberOf(tool, "description");
  const own = described?.[0] === 0x22 ? (JSON.parse(described.toString()) as string) : "";
  return editObject(tool, { description: JSON.stringify(own === "" ? words : `${own}\n\n${words}`) });
}
