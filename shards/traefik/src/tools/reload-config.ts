import { defineTool, type Tool } from "@shardgate/shard-sdk";
import type { Deps } from "../deps.ts";
import { reloadConfig, reloadInputSchema, reloadOutputSchema, type ReloadResult } from "../routes/reload-config.ts";
import { labelled, lines, marked } from "./tool-deps.ts";

export function reloadConfigTool(deps: Deps): Tool {
  return defineTool({
    name: "reload_config",
    title: "Make Traefik load its route files",
    description:
      "Tell Traefik to read its route files again, and check that it runs all of ours. Only needed when list_routes shows drift or a route was written but not loaded; create_route and delete_route do it themselves. It changes no file.",
    input: reloadInputSchema,
    output: reloadOutputSchema,
    annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: true },
    text: describeReload,
    run: (input, { signal }) => marked(deps, () => reloadConfig(deps, input, signal)),
  });
}

function describeReload(result: ReloadResult): string {
  return lines(
    result.simulated,
    result.loaded ? "Traefik runs every route file of ours." : "Traefik does NOT run all of our route files.",
    labelled("Done", result.triggered),
    labelled("Not loaded", result.pending),
    result.stuck_reason,
    `Next: ${result.next_step}`,
  );
}
