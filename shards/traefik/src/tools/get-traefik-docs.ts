import type { Tool } from "@shardgate/shard-sdk";
import { defineDocsTool } from "@shardgate/shard-sdk/docs";
import { join } from "node:path";
import type { Deps } from "../deps.ts";
import { topics } from "../docs/topics.ts";
import { SIMULATED } from "./tool-deps.ts";

/** The newest version whose documentation is known to be there. */
const LATEST = "v3.7";

export function getTraefikDocsTool({ client, settings, clock, simulated }: Deps): Tool {
  const { TRAEFIK_DOCS_SOURCE_URL: source, TRAEFIK_DOCS_URL: site, SHARD_STATE_DIR: stateDir } = settings;
  return defineDocsTool({
    name: "get_traefik_docs",
    subject: "Traefik",
    title: "Look up Traefik's documentation",
    description:
      "Look a topic up in Traefik's own documentation, for the version that runs: rules, middlewares, TLS, providers, errors. Use it before guessing an option's name. Says how old the text is and where it comes from.",
    pages: topics,
    sources: [
      { kind: "markdown", base: source, path: (page, version) => `/${version}/docs/content/${page}.md` },
      { kind: "html", base: site, path: (page, version) => `/${version}/${page}/` },
      { kind: "html", base: site, path: (page) => `/${page}/` },
    ],
    cacheDir: join(stateDir, "docs"),
    link: (page) => `${site}/${page}/`,
    async version(signal) {
      const said = await client.version(signal).then(
        ({ Version: text }) => text,
        () => "",
      );
      const minor = /^(3\.\d+)\./.exec(said)?.[1];
      return minor === undefined ? LATEST : `v${minor}`;
    },
    formats: {
      yaml: { description: "examples for files only", clean: withoutOtherTabs },
      all: { description: "also labels, TOML and others", clean: (markdown) => markdown },
    },
    ...(simulated && { note: SIMULATED }),
    now: clock.now,
  });
}

/** Without the examples for other ways of configuration than files, which are most of a page. */
export function withoutOtherTabs(markdown: string): string {
  return markdown.replace(
    /^([ \t]*)```\w+ tab="(?!(?:Structured|File) \(YAML\))[^"]*"[^\n]*\n[\s\S]*?\n\1```[ \t]*\n?/gm,
    "",
  );
}
