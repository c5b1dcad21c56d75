import { defineTool, type Tool } from "@shardgate/shard-sdk";
import type { Deps } from "../deps.ts";
import {
  validateConfig,
  validateInputSchema,
  validateOutputSchema,
  type ValidateResult,
} from "../routes/validate-config.ts";
import { lines, marked } from "./tool-deps.ts";

export function validateConfigTool(deps: Deps): Tool {
  return defineTool({
    name: "validate_config",
    title: "Check Traefik configuration",
    description:
      "Check a dynamic configuration file (YAML), one of our routes, or everything Traefik loads, by Traefik's own rules. Each finding says whether it would stop all route files, switch one route off, be silently ignored, or only be a warning, with line and remedy. Traefik itself offers no dry run. Changes nothing.",
    input: validateInputSchema,
    output: validateOutputSchema,
    annotations: { readOnlyHint: true, openWorldHint: false },
    text: describeValidation,
    run: (input, { signal }) => marked(deps, () => validateConfig(deps, input, signal)),
  });
}

const SAID: Readonly<Record<ValidateResult["verdict"], string>> = {
  fine: "No fault found",
  warnings: "It works, with warnings",
  data_lost: "Traefik would take it but silently drop parts",
  route_disabled: "At least one route would be off",
  freezes_all: "BROKEN: Traefik would load no route file at all any more",
};

function describeValidation(result: ValidateResult): string {
  const said = result.findings.map(({ severity, file, path, line, message, fix }) => {
    const where = [file, line === undefined ? undefined : `line ${line}`, path === "" ? undefined : path]
      .filter((part) => part !== undefined)
      .join(", ");
    return `- ${severity}: ${where === "" ? "" : `${where}: `}${message}${fix === undefined ? "" : `. ${fix}`}`;
  });
  return lines(
    result.simulated,
    `${SAID[result.verdict]} (${result.checked.length === 1 ? result.checked[0] : `${result.checked.length} files`} checked).`,
    !result.against_traefik && "Traefik does not answer: entrypoints and references were not checked.",
    ...said,
    `Next: ${result.next_step}`,
  );
}
