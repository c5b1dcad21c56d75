import { decodeDynamic, type Decoded } from "./decode.ts";
import { isFatal, type Finding, type Report } from "./finding.ts";
import { readGoToml } from "./go-toml.ts";
import { readGoYaml } from "./go-yaml.ts";
import { findTemplate } from "./template.ts";

/** A file as Traefik would take it: `config` is undefined when it would refuse the file, and with it every other. */
export interface DynamicFile {
  readonly config: Decoded | undefined;
  readonly findings: readonly Finding[];
}

/** How a file is written; Traefik tells by the ending of its name. */
export type FileFormat = "yaml" | "toml";

/** @returns `toml` for names that end so, whatever their case; else `yaml` */
export function formatOf(path: string): FileFormat {
  return path.toLowerCase().endsWith(".toml") ? "toml" : "yaml";
}

/**
 * Reads one file of a file provider's directory by Traefik's own rules (template, YAML or TOML, typed decode).
 *
 * Templates are not run: a file that has one is reported and counts as refused, because what it means depends on the
 * environment of Traefik. Only files are templates, not what the HTTP provider fetches (`isTemplate` false).
 */
export function readDynamicFile(
  bytes: Uint8Array,
  format: FileFormat = "yaml",
  { isTemplate = true }: { readonly isTemplate?: boolean } = {},
): DynamicFile {
  const findings: Finding[] = [];
  const report: Report = (finding) => findings.push(finding);
  const text = decodeUtf8(bytes);
  if (text === undefined) {
    report({
      severity: "fatal_for_all_files",
      path: "",
      message: "the file is not valid UTF-8",
      fix: "Save it as UTF-8.",
    });
    return { config: undefined, findings };
  }
  if (isTemplate) findTemplate(text, report);
  if (isFatal(findings)) return { config: undefined, findings };
  const value = format === "toml" ? readGoToml(text, report) : readGoYaml(text, report);
  if (value === undefined) return { config: undefined, findings };
  const config = decodeDynamic(value, report);
  return { config: isFatal(findings) ? undefined : config, findings };
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
