import { defineTool, type Tool } from "@shardgate/shard-sdk";
import type { Deps } from "../deps.ts";
import { docsInputSchema, docsOutputSchema, getTraefikDocs, type DocsResult } from "../docs/get-traefik-docs.ts";
import { lines } from "./tool-deps.ts";

export function getTraefikDocsTool(deps: Deps): Tool {
  return defineTool({
    name: "get_traefik_docs",
    title: "Look up Traefik's documentation",
    description:
      "Look a topic up in Traefik's own documentation, for the version that runs: rules, middlewares, TLS, providers, errors. Use it before guessing an option's name. Says how old the text is and where it comes from.",
    input: docsInputSchema,
    output: docsOutputSchema,
    annotations: { readOnlyHint: true, openWorldHint: true },
    timeout: 40_000,
    text: describeDocs,
    run: (input, { signal }) => getTraefikDocs(deps, input, signal),
  });
}

function describeDocs(result: DocsResult): string {
  const age = result.stale && result.source === "cache" ? `, an old copy of ${result.fetched_at?.slice(0, 10)}` : "";
  const origin =
    result.source === "bundled"
      ? "a short text of this shard, as the documentation cannot be reached"
      : `Traefik's documentation ${result.version} (${result.source}${age})`;
  return lines(
    result.simulated,
    result.found &&
      `${result.title}${result.section === "" ? "" : ` / ${result.section}`}, from ${origin}: ${result.url}`,
    result.found && `<documentation>\n${result.content}\n</documentation>`,
    result.other_sections.length > 0 && `Other sections: ${result.other_sections.join(", ")}.`,
    !result.found && `No text found. Nearest topics: ${result.nearest_topics.join(", ")}.`,
    result.next_step,
  );
}
