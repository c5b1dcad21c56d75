import { onTestFinished } from "vitest";
import { configSchema } from "../config/schema.ts";
import { ask, type Caller, type Json, openWebUi, type ScriptedTools, startScriptedHouse } from "./scripted-house.ts";

const inputSchema = { type: "object", properties: { name: { type: "string" } } };

export const tool = (name: string, annotations?: Json): Json => ({
  name,
  inputSchema,
  ...(annotations && { annotations }),
});

/** Of these, only the first says that it destroys something. */
export const TOOLS: readonly Json[] = [
  {
    ...tool("wipe", { destructiveHint: true }),
    outputSchema: { type: "object", properties: { left: { type: "number" } }, required: ["left"] },
  },
  tool("look", { readOnlyHint: true, destructiveHint: true }),
  tool("plain"),
];

/** A house in front of `nas`, which has those tools, with what its file says besides; it ends with the test. */
export async function startHouse(
  changes: Partial<ScriptedTools> = {},
  more: Record<string, ScriptedTools> = {},
  config: { readonly auth?: object; readonly profiles?: object } = {},
) {
  const upstreams = { nas: { era: "modern" as const, tools: TOOLS, ...changes }, ...more };
  const { auth, profiles } = configSchema.parse(config);
  const started = await startScriptedHouse(upstreams, { auth, profiles });
  onTestFinished(() => started.house.close());
  return started;
}

export type TestHouse = Awaited<ReturnType<typeof startHouse>>["house"];

/** What a client says that can show forms. */
export const FORMS = { elicitation: { form: {}, url: {} } };

/** Open WebUI in a message of a chat, in the modern era unless a test says otherwise. */
export const ui = (message: string, more: Partial<Caller> = {}): Caller => ({
  era: "modern",
  headers: openWebUi(message),
  ...more,
});

export const wipe = { name: "nas__wipe", arguments: { name: "films" } };
export const confirm = (token: string) => ({ name: "shardgate__confirm_call", arguments: { token } });
export const eras = ["modern", "legacy"] as const;

export async function namesFor(house: TestHouse, caller: Caller): Promise<unknown[]> {
  return ((await ask(house, caller, "tools/list"))["tools"] as Json[]).map(({ name }) => name);
}
