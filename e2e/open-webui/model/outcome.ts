// What a call comes to in Open WebUI, whichever way it was made.

/** The releases that are modelled: the newest, and the last one from before the modern era. */
export type Release = "0.12.4" | "0.11.4";

export interface ModelTool {
  /** As the language model is given it. */
  readonly name: string;
  readonly description: string;
  readonly parameters: Json;
}

export interface Outcome {
  /** The text that the language model gets. */
  readonly text: string;
  /** Whether the page marks the call as failed. */
  readonly failed: boolean;
  /** Images that the language model is shown, as data URIs; 0.11.4 shows those that are no resource to the person alone. */
  readonly images: readonly string[];
  /** Pages that are shown in the chat. */
  readonly embeds: readonly string[];
}

/** One tool server as it is set up in Open WebUI. */
export interface Connection {
  /** What the language model is told of the server. */
  readonly instructions: string | undefined;
  readonly tools: readonly ModelTool[];
  readonly call: (tool: string, args?: Json) => Promise<Outcome>;
  readonly stop: () => Promise<void>;
}

export type Json = Readonly<Record<string, unknown>>;

export const isJson = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const succeeded = (text: string, more: Partial<Outcome> = {}): Outcome => ({
  text,
  failed: false,
  images: [],
  embeds: [],
  ...more,
});

export const failed = (error: string): Outcome => ({ ...succeeded(shown({ error })), failed: true });

/** As the language model reads a value: texts as they are, the rest as JSON. */
export const shown = (value: unknown): string =>
  typeof value === "string" ? value : JSON.stringify(Array.isArray(value) ? { results: value } : value, undefined, 2);
