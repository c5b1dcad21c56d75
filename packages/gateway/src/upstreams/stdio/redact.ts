const SECRET_NAME = /(authorization|cookie|token|secret|pass|credential|api[-_]?key|private[-_]?key|auth)/i;
/** Credentials as they commonly look: `Bearer …`, `ghp_…`, `sk-…`, `key=…`, `user:password@`. */
const SECRET_SHAPES: readonly [RegExp, string][] = [
  [/\b(Bearer|Basic|token)\s+[\w.~+/=-]{8,}/gi, "$1 ***"],
  [/\b(gh[pousr]_|github_pat_|glpat-|sk-|xox[abpr]-|AKIA|eyJ)[\w.-]{8,}/g, "$1***"],
  [/((?:token|secret|passw\w*|api[-_]?key|auth\w*|credential)["']?\s*[=:]\s*["']?)[^\s"'&,}]{3,}/gi, "$1***"],
  [/(:\/\/[^/\s:@]*:)[^/\s@]+@/g, "$1***@"],
];

/** What of a program's definition is secret: values of the environment, and arguments after a flag that says so. */
export function secretsOf(env: Readonly<Record<string, string>>, args: readonly string[]): string[] {
  const values = Object.entries(env).flatMap(([name, value]) =>
    // A path or a word says nothing; what is long and is neither may be anything.
    SECRET_NAME.test(name) || (value.length >= 20 && !/[\s/\\]/.test(value)) ? [value] : [],
  );
  const named = args.flatMap((arg, at) => {
    const [flag, value] = arg.split(/=(.*)/s);
    if (!SECRET_NAME.test(flag as string) || !arg.startsWith("-")) return [];
    return [value ?? args[at + 1] ?? ""];
  });
  return [...new Set([...values, ...named])]
    .filter(({ length }) => length >= 4)
    .toSorted((a, b) => b.length - a.length);
}

/** Makes what takes the given secrets, and what looks like one, out of a line. */
export function redactor(secrets: readonly string[]): (line: string) => string {
  return (line) => {
    for (const secret of secrets) line = line.replaceAll(secret, "***");
    for (const [shape, replacement] of SECRET_SHAPES) line = line.replace(shape, replacement);
    return line;
  };
}
