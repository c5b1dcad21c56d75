const SECRET_KEY = /(authorization|cookie|token|secret|passw|credential|api[-_]?key|private[-_]?key)/i;
const MAPS_OF_SECRETS: ReadonlySet<string> = new Set(["headers", "env"]);

/** Whether the value at a path may be secret: all of `headers` and `env`, and whatever is called a token, a key … */
export function isSecret(path: readonly PropertyKey[], value: string): boolean {
  if (path.some((key) => SECRET_KEY.test(String(key)) || MAPS_OF_SECRETS.has(String(key)))) return true;
  return isSecretName(value) && value.includes("=");
}

/** Whether what follows this word on a command line is secret. */
export function isSecretName(word: unknown): boolean {
  return typeof word === "string" && SECRET_KEY.test(word);
}

/** A line without passwords and queries in addresses. */
export function maskAddresses(line: string): string {
  return line
    .replace(/(:\/\/)[^/\s@"']+@/g, (all, start: string) => `${start.padEnd(all.length - 1, "*")}@`)
    .replace(/([?&][^=&\s"']+=)([^&\s"']+)/g, (_, key: string, value: string) => key + "*".repeat(value.length));
}

/** A line of a file that could not be read as configuration, without what follows a word like `token`. */
export function maskAfterWords(line: string): string {
  return line.replace(
    /((?:authorization|cookie|token|secret|passw\w*|credential|api[-_]?key|private[-_]?key)[\w-]*["']?\s*[:=]\s*)(.*)/gi,
    (_, key: string, rest: string) => key + rest.replace(/[^\s"'{},[\]]/g, "*"),
  );
}
