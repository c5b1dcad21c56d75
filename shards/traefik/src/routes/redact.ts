const SECRET_KEY =
  /^(users|usersfile|password|secret|token|apikey|.*key|.*token|.*secret|.*password|authorization|proxy-authorization|cookie|set-cookie|x-api-key)$/i;

/** Containers whose content may be secret as a whole. */
const SECRET_PARTS = new Set(["digestAuth", "plugin"]);

const HIDDEN = "[hidden]";

/** A copy of a part of Traefik's configuration without passwords, hashes, tokens and keys. */
export function redact(value: unknown, key = ""): unknown {
  if (SECRET_PARTS.has(key)) return HIDDEN;
  if (typeof value === "string") {
    if (SECRET_KEY.test(key)) return HIDDEN;
    return withoutUserInfo(value);
  }
  if (Array.isArray(value)) return SECRET_KEY.test(key) ? [HIDDEN] : value.map((item) => redact(item, key));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [withoutUserInfo(name), redact(member, name)]),
  );
}

/** A text without the user names and passwords of the URLs in it. */
export function withoutUserInfo(text: string): string {
  return text.replace(/\/\/[^/@\s]+@/g, `//${HIDDEN}@`);
}

/** A text without password hashes, as they stand in a file of ours. */
export function hideHashes(text: string): string {
  return text.replace(/(\$2[aby]\$|\$apr1\$|\{SHA\})[^"\s]+/g, HIDDEN);
}
