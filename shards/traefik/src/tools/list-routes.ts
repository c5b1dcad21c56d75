import { defineTool, type Tool } from "@shardgate/shard-sdk";
import type { Deps } from "../deps.ts";
import { listInputSchema, listOutputSchema, listRoutes, type ListResult } from "../routes/list-routes.ts";
import { labelled, lines, marked } from "./tool-deps.ts";

export function listRoutesTool(deps: Deps): Tool {
  return defineTool({
    name: "list_routes",
    title: "List Traefik routes",
    description:
      "Show which host names Traefik serves and where they lead, with faults Traefik reports, routes that compete, and route files that are not loaded. Search by host, name or backend address, such as 192.168.1.20.",
    input: listInputSchema,
    output: listOutputSchema,
    annotations: { readOnlyHint: true, openWorldHint: false },
    text: describeList,
    run: (input, { signal }) => marked(deps, () => listRoutes(deps, input, signal)),
  });
}

function describeList(result: ListResult): string {
  const shown = result.routes.map((route) => {
    const target = route.servers.length > 0 ? route.servers.join(", ") : route.service;
    const state =
      route.status === "enabled"
        ? ""
        : ` [${route.status}${route.errors.length > 0 ? `: ${route.errors.join("; ")}` : ""}]`;
    return `- ${route.name}${route.managed ? " (ours)" : ""}: ${route.rule || route.protocol} on ${route.entrypoints.join(", ")} to ${target}${state}`;
  });
  const random = result.conflicts
    .filter(({ random: chance }) => chance)
    .map(({ routers }) => `${routers.join(" and ")} have the same rule; chance decides between them`);
  return lines(
    result.simulated,
    result.source === "files" && "Traefik does not answer; these are only our own files.",
    `${result.total} ${result.total === 1 ? "route" : "routes"}${result.total > shown.length ? `, ${shown.length} shown` : ""}.`,
    ...shown,
    result.next_cursor !== undefined && `More: call again with cursor ${result.next_cursor}.`,
    labelled("Conflicts", random),
    labelled("Drift", result.drift),
    result.next_step !== undefined && `Next: ${result.next_step}`,
  );
}
