import { defineTool, type Tool } from "@shardgate/shard-sdk";
import type { Deps } from "../deps.ts";
import { applyInputSchema, applyOutputSchema, applyRoutes, type ApplyResult } from "../routes/apply-routes.ts";
import { labelled, lines, marked } from "./tool-deps.ts";

export function applyRoutesTool(deps: Deps): Tool {
  return defineTool({
    name: "apply_routes",
    title: "Create or change several Traefik routes at once",
    description:
      "Create or change several routes in one change, each described as for create_route: all become active, or none does. Use it for routes that belong together, or for more than two; for one route use create_route. One restore_route undoes all of it.",
    input: applyInputSchema,
    output: applyOutputSchema,
    annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
    text: describeApplied,
    run: (input, { signal }) => marked(deps, () => applyRoutes(deps, input, signal)),
  });
}

const SAID: Readonly<Record<ApplyResult["outcome"], string>> = {
  active: "All routes are active",
  active_with_warnings: "All routes are active, with warnings from Traefik",
  written_not_loaded: "The routes are written, but Traefik has NOT loaded all of them",
  rolled_back: "NO route was made: Traefik refused one, and the whole change was taken back",
  unchanged: "All routes exist already with exactly these settings; nothing was changed",
  dry_run: "The routes would be written as below; nothing was changed",
};

function describeApplied(result: ApplyResult): string {
  const routes = result.routes.map(({ name, rule, protocol, entrypoints, backends, service, change }) => {
    const target = backends.length > 0 ? backends.join(", ") : service;
    return `- ${name} (${change === "none" ? "as it is" : change}): ${rule || protocol} on ${entrypoints.join(", ")} to ${target}`;
  });
  return lines(
    result.simulated,
    `${SAID[result.outcome]}:`,
    ...routes,
    labelled("Chosen", result.picked),
    result.reason,
    labelled("Traefik says", result.errors),
    labelled("Note", result.warnings),
    result.yaml,
    result.diff !== undefined && `Changes:\n${result.diff}`,
    `Next: ${result.next_step}`,
  );
}
