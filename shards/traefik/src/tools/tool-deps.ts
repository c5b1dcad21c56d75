import { ToolError } from "@shardgate/shard-sdk";
import type { Deps } from "../deps.ts";

/** How a result begins when there is no real Traefik behind it. */
export const SIMULATED = "[simulated Traefik: nothing is really served]";

/** Marks the errors of a simulated Traefik as such; results carry a field for it. */
export async function marked<T>(deps: Pick<Deps, "simulated">, work: () => Promise<T>): Promise<T> {
  if (!deps.simulated) return work();
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    throw new ToolError(`${SIMULATED} ${error.message}`, {
      ...(error.next !== undefined && { next: error.next }),
      cause: error,
    });
  }
}

/** Lines of a result as text, without the empty ones. */
export function lines(simulated: boolean, ...parts: readonly (string | undefined | false)[]): string {
  return [simulated && SIMULATED, ...parts].filter((part) => typeof part === "string" && part !== "").join("\n");
}

/** `Label: a; b`, or nothing. */
export function labelled(label: string, texts: readonly string[]): string | undefined {
  return texts.length === 0 ? undefined : `${label}: ${texts.map((text) => text.replace(/\.$/, "")).join("; ")}.`;
}
