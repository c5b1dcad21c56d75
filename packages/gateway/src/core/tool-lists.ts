import { editObject, type Era, type ExchangeContext, memberOf } from "@shardgate/mcp-wire";
import type { Catalog, ListedEntry } from "./catalog.ts";
import { canShowForm, type ConfirmRule } from "./confirm-rule.ts";
import { CONFIRM_CALL, confirmTool } from "./confirm-tool.ts";
import { joinArray } from "./join-array.ts";
import { isOpenWebUi } from "./open-webui.ts";
import type { Snapshot } from "./snapshot.ts";

/** Whoever asks for a list, as far as it depends on that. */
export type Asker = Pick<ExchangeContext, "era" | "headers" | "session" | "client">;

/** What of a list of tools depends on who reads it. */
interface Reader {
  readonly era: Era;
  /** The rules under which its calls are planned, because nobody can be shown a form. */
  readonly plans: "none" | "everyone" | "all";
  /** Whether it drops what servers say of their use (openwebui §1.3: Open WebUI up to 0.11). */
  readonly isWithoutInstructions: boolean;
}

/** What a list is made of. */
export interface ListSource {
  readonly snapshot: Snapshot;
  /** What of its tools is shown to who asks. */
  readonly catalog: Catalog;
  /** What is said of the use of all tools together, in place of the words of each upstream. */
  readonly instructions: string | undefined;
  /** The one whose tools are listed, under their own names; all of them, qualified, where it is undefined. */
  readonly upstream: string | undefined;
}

/** Most characters of one upstream's instructions in the description of a tool. */
const MAX_INSTRUCTIONS = 500;

const CONFIRM_TOOL = confirmTool(CONFIRM_CALL);

/** Lists of tools as different readers need them: of a snapshot, each part of it that somebody sees, once for each kind of reader. */
export class ToolLists {
  #snapshot: Snapshot | undefined;
  #lists = new WeakMap<Catalog, Map<string, Buffer>>();

  /** The JSON array of tools in the words of the asker's era. */
  list(source: ListSource, asker: Asker): Buffer {
    const { snapshot, catalog, upstream } = source;
    const reader = readerOf(asker);
    if (reader.plans === "none" && !reader.isWithoutInstructions) return catalog.list(reader.era, upstream);
    if (this.#snapshot !== snapshot) this.#lists = new WeakMap();
    this.#snapshot = snapshot;
    let lists = this.#lists.get(catalog);
    if (lists === undefined) this.#lists.set(catalog, (lists = new Map()));
    const key = `${reader.era} ${reader.plans} ${reader.isWithoutInstructions} ${upstream ?? ""}`;
    let list = lists.get(key);
    if (list === undefined) lists.set(key, (list = listFor(source, reader)));
    return list;
  }
}

function readerOf(asker: Asker): Reader {
  const { era, headers } = asker;
  const isUi = isOpenWebUi(headers);
  return {
    era,
    plans: canShowForm(asker) ? "none" : isUi ? "all" : "everyone",
    isWithoutInstructions: isUi && era === "legacy",
  };
}

function listFor(source: ListSource, reader: Reader): Buffer {
  const { catalog, upstream } = source;
  const { era } = reader;
  const entries = catalog.listed(era, upstream);
  const isPlanned = ({ tool }: ListedEntry): boolean => isPlannedFor(reader, tool.confirm);
  const needsConfirm = entries.some(isPlanned);
  const said = reader.isWithoutInstructions ? wordsFor(source, entries) : new Map<string, string>();
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

/** What is said with the first tool of an upstream, by its name. */
function wordsFor({ snapshot, instructions, upstream }: ListSource, entries: readonly ListedEntry[]) {
  const said = new Map<string, string>();
  if (upstream === undefined && instructions !== undefined) {
    const [first] = entries;
    const text = shortened(instructions);
    if (first !== undefined && text !== "") said.set(first.upstream, `For all tools here: ${text}`);
    return said;
  }
  for (const [name, { description }] of snapshot.upstreams) {
    const text = shortened(description?.instructions ?? "");
    if (text !== "") said.set(name, `For all tools of ${name}: ${text}`);
  }
  return said;
}

function shortened(instructions: string): string {
  const text = instructions.trim();
  return text.length > MAX_INSTRUCTIONS ? `${text.slice(0, MAX_INSTRUCTIONS).toWellFormed()}…` : text;
}

function withWords(tool: Buffer, words: string): Buffer {
  const described = memberOf(tool, "description");
  const own = described?.[0] === 0x22 ? (JSON.parse(described.toString()) as string) : "";
  return editObject(tool, { description: JSON.stringify(own === "" ? words : `${own}\n\n${words}`) });
}
