import { defineTool, type Tool } from "@shardgate/shard-sdk";
import type { Deps } from "../deps.ts";
import { restoreInputSchema, restoreOutputSchema, restoreRoute, type RestoreResult } from "../routes/restore-route.ts";
import { labelled, lines, marked } from "./tool-deps.ts";

export function restoreRouteTool(deps: Deps): Tool {
  return defineTool({
    name: "restore_route",
    title: "Undo a change of a Traefik route",
    description:
      "Undo the last change made with these tools, or the last one of a named route, or go back to before a given revision (get_route lists them). A deleted route comes back, a replaced one gets its old settings, a new one is removed. Proved like create_route.",
    input: restoreInputSchema,
    output: restoreOutputSchema,
    annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: false },
    text: describeRestored,
    run: (input, { signal }) => marked(deps, () => restoreRoute(deps, input, signal)),
  });
}

function describeRestored(result: RestoreResult): string {
  const { undone, route, outcome } = result;
  return lines(
    result.simulated,
    `Undoing "${undone.action}" of ${undone.at}${route === undefined ? "" : ` on ${route.name}`}: ${outcome.replaceAll("_", " ")}.`,
    result.reason,
    labelled("Traefik says", result.errors),
    labelled("Note", result.warnings),
    `Changes:\n${result.diff}`,
    `Next: ${result.next_step}`,
  );
}
