/**
 * What a fault does to a running Traefik. `fatal_for_all_files`: the file provider keeps its last good configuration, so
 * no file loads any more. `disables_this_route`: only that router is off. `silently_ignored`: Traefik goes on without the
 * value and says nothing. `warning`: it works, perhaps not as meant.
 */
export type Severity = "fatal_for_all_files" | "disables_this_route" | "silently_ignored" | "warning";

/** One fault of a dynamic configuration file. `path` is dotted (`http.routers.app.tls`), line and column count from 1. */
export interface Finding {
  readonly severity: Severity;
  readonly path: string;
  readonly line?: number;
  readonly column?: number;
  readonly message: string;
  readonly fix?: string;
}

/** A place in a file, counted from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export type Report = (finding: Finding) => void;

/** Whether any finding keeps Traefik from loading every file of the directory. */
export function isFatal(findings: readonly Finding[]): boolean {
  return findings.some((finding) => finding.severity === "fatal_for_all_files");
}
