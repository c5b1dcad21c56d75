/**
 * A failure the model should know of: the call ends with an `isError` result that says what happened and what to do next.
 * Anything else a tool throws counts as a bug and is told without detail.
 */
export class ToolError extends Error {
  /** What to do next, as a sentence: another argument, a tool to call first, a thing for the operator to check. */
  readonly next: string | undefined;

  constructor(message: string, options: { readonly next?: string; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "ToolError";
    this.next = options.next;
  }
}

/** What an error says to a person: its message, its next step, and the system's code behind a vague one such as "fetch failed". */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof ToolError && error.next !== undefined) return `${error.message}\n${error.next}`;
  const code = (error.cause as { code?: unknown } | undefined)?.code;
  return typeof code === "string" ? `${error.message} (${code})` : error.message;
}
