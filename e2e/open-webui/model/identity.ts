// How Open WebUI says who asks (openwebui §1.2, "Identity headers"): with ENABLE_FORWARD_USER_INFO_HEADERS alone, and with a secret.
import { createHmac } from "node:crypto";

export interface User {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly role: "admin" | "user";
}

export function plainIdentity({ id, name, email, role }: User): Record<string, string> {
  return {
    "X-OpenWebUI-User-Name": encodeURIComponent(name).replaceAll("%20", " "),
    "X-OpenWebUI-User-Id": id,
    "X-OpenWebUI-User-Email": email,
    "X-OpenWebUI-User-Role": role,
  };
}

/** @param lifetime of the token, in seconds */
export function signedIdentity({ id: sub, ...user }: User, secret: string, lifetime = 300): Record<string, string> {
  const iat = Math.floor(Date.now() / 1000);
  const claims = { sub, ...user, iss: "open-webui", iat, exp: iat + lifetime };
  const parts = [{ alg: "HS256", typ: "JWT" }, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString("base64url"),
  );
  const signature = createHmac("sha256", secret).update(parts.join(".")).digest("base64url");
  return { "X-OpenWebUI-User-Jwt": `${parts.join(".")}.${signature}` };
}
