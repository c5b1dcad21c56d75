import { createHmac } from "node:crypto";

/** What Open WebUI and a house of a test both know. */
export const SECRET = "s3cret";

/** The header by which Open WebUI says who asks. */
export function userToken(claims: object, secret = SECRET): Record<string, string> {
  const all = { iss: "open-webui", exp: 4e9, role: "user", ...claims };
  const parts = [{ alg: "HS256" }, all].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"));
  const signature = createHmac("sha256", secret).update(parts.join(".")).digest("base64url");
  return { "X-OpenWebUI-User-Jwt": [...parts, signature].join(".") };
}
