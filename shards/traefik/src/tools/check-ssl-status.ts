import { defineTool, type Tool } from "@shardgate/shard-sdk";
import type { Deps } from "../deps.ts";
import { checkSslStatus, sslInputSchema, sslOutputSchema, type SslResult } from "../routes/check-ssl-status.ts";
import { labelled, lines, marked } from "./tool-deps.ts";

export function checkSslStatusTool(deps: Deps): Tool {
  return defineTool({
    name: "check_ssl_status",
    title: "Check TLS certificates",
    description:
      "Which certificates expire soon, and which HTTPS hosts have none: the certificates in Traefik's store and those that clients really get. Give domain for one host.",
    input: sslInputSchema,
    output: sslOutputSchema,
    annotations: { readOnlyHint: true, openWorldHint: true },
    timeout: 60_000,
    text: describeSsl,
    run: (input, { signal }) => marked(deps, () => checkSslStatus(deps, input, signal)),
  });
}

function describeSsl(result: SslResult): string {
  const shown = result.certificates
    .slice(0, 40)
    .map(
      ({ domain, status, days_left, not_after, issuer, source }) =>
        `- ${domain}: ${status}, ${days_left} days left (until ${not_after.slice(0, 10)}), by ${issuer || "unknown"}, ${source === "handshake" ? "served" : "in store"}`,
    );
  return lines(
    result.simulated,
    `${result.certificates.length} certificates seen.`,
    ...shown,
    labelled("Without certificate", result.routes_without_certificate),
    labelled("Older than in store", result.stale),
    labelled("Not reached", result.unreachable),
    `Next: ${result.next_step}`,
  );
}
