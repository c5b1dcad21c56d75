import { defineTool, type Tool } from "@shardgate/shard-sdk";
import type { Deps } from "../deps.ts";
import { deleteInputSchema, deleteOutputSchema, deleteRoute, type DeleteResult } from "../routes/delete-route.ts";
import { labelled, lines, marked } from "./tool-deps.ts";

export function deleteRouteTool(deps: Deps): Tool {
  return defineTool({
    name: "delete_route",
    title: "Delete a Traefik route",
    description:
      "Take a route made with create_route offline. The answer says deleted only when Traefik no longer serves it; the old version is kept. Routes of other providers or files are refused. Use dry_run to look first.",
    input: deleteInputSchema,
    output: deleteOutputSchema,
    annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
    text: describeDeleted,
    run: (input, { signal }) => marked(deps, () => deleteRoute(deps, input, signal)),
  });
}

const SAID: Readonly<Record<DeleteResult["outcome"], string>> = {
  deleted: "is deleted; Traefik no longer serves it",
  deleted_not_unloaded: "is deleted, but Traefik STILL serves it",
  already_gone: "does not exist; nothing was changed",
  dry_run: "would be deleted; nothing was changed",
};

function describeDeleted(result: DeleteResult): string {
  const { route, outcome } = result;
  return lines(
    result.simulated,
    `The route ${route === undefined ? "" : `${route.name} (${route.rule}) `}${SAID[outcome]}.`,
    result.reason,
    labelled("Note", result.warnings),
    outcome === "dry_run" && result.yaml,
    `Next: ${result.next_step}`,
  );
}
