import { defineTool, type Tool } from "@shardgate/shard-sdk";
import type { Deps } from "../deps.ts";
import { backendInputSchema, backendOutputSchema, type BackendResult } from "../routes/backend-result.ts";
import { getBackendStatus } from "../routes/get-backend-status.ts";
import { labelled, lines, marked } from "./tool-deps.ts";

export function getBackendStatusTool(deps: Deps): Tool {
  return defineTool({
    name: "get_backend_status",
    title: "Check the services behind a route",
    description:
      "Find out why a site gives 404, 502, 503 or nothing: what Traefik reports, whether its backends answer, and what comes back through the entrypoint. Give the route, or all_problems for everything that seems broken. Probes only servers Traefik already lists.",
    input: backendInputSchema,
    output: backendOutputSchema,
    annotations: { readOnlyHint: true, openWorldHint: true },
    timeout: 30_000,
    text: describeBackends,
    run: (input, { signal }) => marked(deps, () => getBackendStatus(deps, input, signal)),
  });
}

function describeBackends(result: BackendResult): string {
  const servers = result.servers.map(({ server, traefik_status, probe }) => {
    const tried =
      probe === undefined
        ? ""
        : `; from here: ${probe.http_status ?? (probe.tcp ? "connected" : (probe.error ?? "no answer"))}${probe.tls_error === undefined ? "" : ` ${probe.tls_error}`}`;
    return `- ${server}: Traefik says ${traefik_status}${tried}`;
  });
  const through = result.end_to_end.map(
    ({ url, status, meaning }) => `- ${url} through Traefik: ${status ?? "no answer"}, ${meaning}`,
  );
  return lines(
    result.simulated,
    result.diagnosis,
    labelled("Traefik says", result.errors),
    ...servers,
    ...through,
    `Next: ${result.next_step}`,
  );
}
