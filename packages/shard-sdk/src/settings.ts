import type { z } from "zod";

/** Environment variables. */
export type Env = Readonly<Record<string, string | undefined>>;

/** The environment does not hold the settings that are needed; `problems` names all of them, one line each. */
export class SettingsError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(
      `${problems.length === 1 ? "A setting is" : `${problems.length} settings are`} wrong:\n${problems.join("\n")}`,
    );
    this.name = "SettingsError";
    this.problems = problems;
  }
}

/**
 * Reads settings from the environment. An empty variable counts as unset, as Compose writes `${X:-}` for one that is.
 *
 * @throws SettingsError naming every problem
 */
export function readSettings<C extends z.ZodObject>(schema: C, env: Env): z.output<C> {
  const names = Object.keys(schema.shape);
  const parsed = schema.safeParse(
    Object.fromEntries(names.filter((name) => env[name]).map((name) => [name, env[name]])),
  );
  if (parsed.success) return parsed.data;
  throw new SettingsError(parsed.error.issues.map((issue) => describe(issue, schema)));
}

/**
 * The environment with `X` read from the file that `X_FILE` names, for every setting that is not set itself: the
 * convention of container images for secrets.
 *
 * @param read reads a text file; what it throws becomes a problem
 * @throws SettingsError naming every file that could not be read
 */
export function withSecretFiles(schema: z.ZodObject, env: Env, read: (path: string) => string): Env {
  const found: Record<string, string> = {};
  const problems: string[] = [];
  for (const name of Object.keys(schema.shape)) {
    const path = env[`${name}_FILE`];
    if (!path || env[name]) continue;
    try {
      found[name] = read(path).trimEnd();
    } catch (error) {
      problems.push(`${name}_FILE: cannot read ${path}: ${(error as Error).message}`);
    }
  }
  if (problems.length > 0) throw new SettingsError(problems);
  return { ...env, ...found };
}

/** Names the variable and what was expected, never its value: that may be a secret. */
function describe(issue: z.core.$ZodIssue, schema: z.ZodObject): string {
  const name = String(issue.path[0] ?? "environment");
  const field = schema.shape[name] as z.ZodType | undefined;
  const problem = issue.message
    .replace(/^Invalid input: /, "")
    .replace(/^expected .+, received undefined$/, "not set, and it has no default");
  return `${name}: ${problem}${field?.description === undefined ? "" : ` (${field.description})`}`;
}
