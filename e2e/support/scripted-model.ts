// A model that is a script. It knows no tool by name: which one to call it reads from their descriptions, where its arguments
// go from the descriptions of the schema, and what to do next from what came back.

export interface ListedTool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: { readonly properties?: Readonly<Record<string, { readonly description?: string }>> };
}

type Args = Record<string, unknown>;

export interface ToolResult {
  readonly isError: boolean;
  readonly text: string;
  readonly structured: Readonly<Record<string, unknown>>;
}

export interface Turn {
  /** What it called, with what came back, in order. */
  readonly calls: readonly { readonly tool: string; readonly args: Args; readonly result: ToolResult }[];
  /** The last answer's text, which it would put into words. */
  readonly answer: string;
}

/** What somebody says, and words of the tool that does it. */
const INTENTS: readonly (readonly [said: RegExp, tool: RegExp])[] = [
  [/several|together/i, /several routes in one change/],
  [/^(expose|publish|move)\b/i, /^Publish a service/],
  [/points to|leads to/i, /Search by host, name or backend address/],
  [/^why\b/i, /why a site gives 404, 502, 503/],
  [/certificate/i, /certificates expire soon/],
  [/offline/i, /offline/],
  [/undo|bring .* back/i, /^Undo the last change/],
  [/^check this/i, /^Check a dynamic configuration file/],
  [/^look up/i, /^Look a topic up/],
  [/^show .*everything/i, /^Show one route/],
];

/** What is understood of a sentence, and which argument takes it. */
const SLOTS: readonly (readonly [kind: string, argument: RegExp, said: RegExp])[] = [
  ["protocol", /^http for websites; tcp or udp/, /\b(tcp|udp)\b/i],
  [
    "name",
    /^Short name of the route|^Name of (a|the) route/,
    /^(?:[a-z]+) (?:me )?(?:everything about )?([a-z0-9-]+)/i,
  ],
  ["host", /^Host name people will type/, /\bon ([a-z0-9-]+(?:\.[a-z0-9-]+)+)/i],
  ["backend", /^URL of the service/, /(\d+\.\d+\.\d+\.\d+:\d+)/],
  ["service", /^An existing Traefik service/, /([a-z]+@internal)/],
  ["middlewares", /^Existing middlewares by name/, /with (?:a )?login (?:by )?([a-z]+)/i],
  ["search", /^Only routes with this text/, /to (\d+\.\d+\.\d+\.\d+:\d+)/],
  ["route", /^Route whose backends/, /^why (?:is|does) ([a-z0-9.-]+)/i],
  ["yaml", /as YAML text/, /^check this: ([\s\S]+)$/i],
  ["topic", /^What to look up/, /^look up (.+)$/i],
  ["dry_run", /^true: change nothing/, /(yaml first)/i],
];

const MOST_CALLS = 5;

export class ScriptedModel {
  readonly #tools: readonly ListedTool[];
  readonly #call: (tool: string, args: Args) => Promise<ToolResult>;
  /** The proposal of the last turn, should the user agree to it. */
  #proposed: { tool: ListedTool; args: Args } | undefined;

  constructor(tools: readonly ListedTool[], call: (tool: string, args: Args) => Promise<ToolResult>) {
    this.#tools = tools;
    this.#call = call;
  }

  /** Answers one sentence of the user: calls a tool, reads what it says, and goes on until nothing is left to do. */
  async turn(said: string): Promise<Turn> {
    let next = /^(yes|try again)/i.test(said) ? this.#proposed : this.#understand(said);
    if (next === undefined) throw new Error(`no idea what to do about: ${said}`);
    const calls: { tool: string; args: Args; result: ToolResult }[] = [];
    while (next !== undefined && calls.length < MOST_CALLS) {
      const { tool, args } = next;
      const result = await this.#call(tool.name, args);
      calls.push({ tool: tool.name, args, result });
      next = this.#goOn(said, tool, args, result);
      // Never the same call twice: the answer would be the same.
      const again = JSON.stringify(next?.args);
      if (calls.some((one) => one.tool === next?.tool.name && JSON.stringify(one.args) === again)) next = undefined;
    }
    return { calls, answer: calls.at(-1)?.result.text ?? "" };
  }

  #understand(said: string): { tool: ListedTool; args: Args } {
    const [, words] = INTENTS.find(([pattern]) => pattern.test(said)) ?? [];
    const tool = this.#tools.find(({ description }) => words?.test(description) === true);
    if (tool === undefined) throw new Error(`no tool says that it does: ${said}`);
    const list = Object.entries(tool.inputSchema.properties ?? {}).find(([, { description }]) =>
      description?.includes("each described as"),
    );
    if (list === undefined) return { tool, args: slots(tool, said) };
    const one = this.#tools.find(({ description }) => description.startsWith("Publish a service")) as ListedTool;
    const parts = said.split(":").slice(1).join(":").split(/;\s*/);
    return { tool, args: { [list[0]]: parts.map((part) => slots(one, `publish ${part.trim()}`)) } };
  }

  /** What the result asks for: a corrected argument, another tool, or the user's word. */
  #goOn(said: string, tool: ListedTool, args: Args, result: ToolResult): { tool: ListedTool; args: Args } | undefined {
    const advice = result.isError ? result.text : String(result.structured["next_step"] ?? "");
    this.#proposed = undefined;
    if (/dry_run: false/.test(advice)) {
      // The user asked to see it first, so it waits for a word.
      this.#proposed = { tool, args: { ...args, dry_run: false } };
      return undefined;
    }
    const meant = /`(\w+)(?:\[\d+\])?`[\s\S]*Did you mean (\S+?)\?/.exec(result.text);
    if (result.isError && meant !== null) {
      const [, field = "", value] = meant;
      return { tool, args: { ...args, [field]: Array.isArray(args[field]) ? [value] : value } };
    }
    const setting = /Call again with (\w+): "(\w+)"/.exec(advice);
    if (setting !== null && /^move/i.test(said)) return { tool, args: { ...args, [setting[1] as string]: setting[2] } };
    // What the user has to do first may be done later.
    if (result.isError) this.#proposed = { tool, args };
    const named = this.#tools.find(({ name }) => new RegExp(`\\b${short(name)}\\b`).test(advice) && name !== tool.name);
    // Advice of a success is for the user.
    const reads = named !== undefined && /list_routes|get_route|reload_config/.test(short(named.name));
    if (!reads || !(result.isError || result.structured["ok"] === false)) return undefined;
    const about = String(args["route"] ?? args["name"] ?? "");
    return { tool: named, args: slots(named, about === "" ? said : `to ${about} about ${about}`, about) };
  }
}

/** The name without the upstream's, as texts of tools use it. */
const short = (name: string): string => name.slice(name.indexOf("__") + 2);

/** Arguments for a tool, from what was said; `about` fills what asks for a text to search for. */
function slots({ inputSchema }: ListedTool, said: string, about?: string): Args {
  const args: Args = {};
  for (const [property, { description = "" }] of Object.entries(inputSchema.properties ?? {})) {
    const [kind, , pattern] = SLOTS.find(([, argument]) => argument.test(description)) ?? [];
    if (kind === "search" && about !== undefined) args[property] = about;
    const found = pattern?.exec(said)?.[1];
    if (found === undefined) continue;
    args[property] =
      kind === "middlewares" ? [found] : kind === "dry_run" ? true : kind === "protocol" ? found.toLowerCase() : found;
  }
  return args;
}
