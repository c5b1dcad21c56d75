import { defineTool, type Tool } from "@shardgate/shard-sdk";
import type { Deps } from "../deps.ts";
import { createInputSchema } from "../routes/create-input.ts";
import { createOutputSchema, createRoute, type CreateResult } from "../routes/create-route.ts";
import { labelled, lines, marked } from "./tool-deps.ts";

export function createRouteTool(deps: Deps): Tool {
  return defineTool({
    name: "create_route",
    title: "Create or change a Traefik route",
    description:
      "Publish a service under a host name through Traefik. Usually name, host and backend are enough: entrypoint and certificate resolver are chosen from what Traefik has, and the answer says which. " +
      "The route is proved: the answer says active only when Traefik has loaded it; a broken one is taken back. The same call twice changes nothing. " +
      "For a login add the name of an existing middleware, such as authentik. Use dry_run to show the YAML first. It does not set up DNS.",
    input: createInputSchema,
    output: createOutputSchema,
    annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
    text: describeCreated,
    run: (input, { signal }) => marked(deps, () => createRoute(deps, input, signal)),
  });
}

const SAID: Readonly<Record<CreateResult["outcome"], string>> = {
  active: "is active",
  active_with_warnings: "is active, with warnings from Traefik",
  written_not_loaded: "is written, but Traefik has NOT loaded it",
  rolled_back: "was NOT made: Traefik refused it, and the change was taken back",
  unchanged: "exists already with exactly these settings; nothing was changed",
  dry_run: "would be written as below; nothing was changed",
};

export function describeCreated(result: CreateResult): string {
  const { route } = result;
  const target = route.backends.length > 0 ? route.backends.join(", ") : route.service;
  return lines(
    result.simulated,
    `Route ${route.name} ${SAID[result.outcome]}: ${route.rule} on ${route.entrypoints.join(", ")} to ${target}.`,
    labelled("Chosen", result.picked),
    result.reason,
    labelled("Traefik says", result.errors),
    labelled("Note", result.warnings),
    result.yaml,
    result.diff !== undefined && `Changes:\n${result.diff}`,
    `Next: ${result.next_step}`,
  );
}
