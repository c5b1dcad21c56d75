import type { Report } from "./finding.ts";

/**
 * Reports `{{`, which makes a file a Go template: Traefik runs it before it reads the YAML, comments included, and it can
 * read Traefik's environment. A lone `}}` is harmless.
 */
export function findTemplate(text: string, report: Report): void {
  const index = text.indexOf("{{");
  if (index < 0) return;
  const before = text.slice(0, index).split("\n");
  report({
    severity: "fatal_for_all_files",
    path: "",
    line: before.length,
    column: (before.at(-1) as string).length + 1,
    message:
      "`{{` starts a Go template that Traefik runs before it reads the file, even inside a comment; it is not run here",
    fix: "Remove the template, or check this file in Traefik itself.",
  });
}
