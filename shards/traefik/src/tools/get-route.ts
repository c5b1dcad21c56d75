import { defineTool, type Tool } from "@shardgate/shard-sdk";
import type { Deps } from "../deps.ts";
import { getInputSchema, getOutputSchema, getRoute, type GetResult } from "../routes/get-route.ts";
import { lines, marked } from "./tool-deps.ts";

export function getRouteTool(deps: Deps): Tool {
  return defineTool({
    name: "get_route",
    title: "Show one Traefik route",
    description:
      "Show one route of any provider with everything that applies to it: routers, services with their servers, middlewares, and for our own routes the YAML and the changes that can be undone.",
    input: getInputSchema,
    output: getOutputSchema,
    annotations: { readOnlyHint: true, openWorldHint: false },
    text: describeRoute,
    run: (input, { signal }) => marked(deps, () => getRoute(deps, input, signal)),
  });
}

function describeRoute(result: GetResult): string {
  const compact = (parts: readonly Record<string, unknown>[]) => parts.map((part) => `- ${JSON.stringify(part)}`);
  return lines(
    result.simulated,
    `${result.name}${result.managed ? " (ours)" : ""}: ${result.loaded ? "runs in Traefik" : "NOT loaded by Traefik"}.`,
    ...compact(result.routers),
    ...compact(result.services),
    ...compact(result.middlewares),
    result.yaml,
    result.history.length > 0 &&
      `Changes: ${result.history.map(({ revision, action }) => `${revision} (${action})`).join(", ")}.`,
    `Next: ${result.next_step}`,
  );
}
