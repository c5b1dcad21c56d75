import { createHash, timingSafeEqual } from "node:crypto";

export interface AccessSettings {
  /** The one key that every downstream shares; nothing is asked for without one. */
  readonly api_key?: string | undefined;
  /** Whether documents and pages ask for the key too, not only what reaches an upstream. */
  readonly strict: boolean;
}

/** Why a request may not pass, and what to answer. */
export interface Denial {
  readonly status: 401 | 403;
  readonly message: string;
  /** Value of `WWW-Authenticate`; there is one with 401 (RFC 9110 §11.6.1). */
  readonly challenge?: string;
}

/** What a request is for: a document or page, or something that reaches an upstream. */
export type Purpose = "page" | "call";

/** Recognises downstreams by the value of their `Authorization`. */
export interface Access {
  /** Whether a call needs a key. */
  readonly isAsked: boolean;
  /** Why a request may not pass; undefined when it may. */
  check(authorization: string | undefined, purpose: Purpose): Denial | undefined;
}

/**
 * One key for everybody, as mcpo has it: as a bearer token (RFC 6750 §2.1), and with `strict` also as the password of
 * any user, which a browser can ask for (RFC 7617). A missing key gets 401, a wrong one 403.
 */
export class ApiKeyAccess implements Access {
  #wanted: Buffer | undefined;
  #isStrict = false;

  constructor(settings: AccessSettings) {
    this.use(settings);
  }

  /** From now on these settings count. */
  use({ api_key: key, strict }: AccessSettings): void {
    this.#wanted = key === undefined ? undefined : digest(key);
    this.#isStrict = strict;
  }

  get isAsked(): boolean {
    return this.#wanted !== undefined;
  }

  check(authorization: string | undefined, purpose: Purpose): Denial | undefined {
    const wanted = this.#wanted;
    if (wanted === undefined || (purpose === "page" && !this.#isStrict)) return undefined;
    const isKey = (given: string): boolean => timingSafeEqual(digest(given), wanted);
    const challenge = this.#isStrict ? "Bearer, Basic" : "Bearer";
    const unauthorized = (message: string): Denial => ({ status: 401, message, challenge });
    const [, scheme = "", given = ""] = /^(\S+) +(.*)$/.exec(authorization ?? "") ?? [];
    if (/^bearer$/i.test(scheme)) return isKey(given) ? undefined : { status: 403, message: "Invalid API key" };
    if (!this.#isStrict || authorization === undefined || authorization === "") {
      return unauthorized("Missing or invalid Authorization header");
    }
    if (!/^basic$/i.test(scheme)) return unauthorized("Unsupported authorization method");
    const password = /^[^:]*:(.*)$/s.exec(Buffer.from(given, "base64").toString())?.[1];
    if (password === undefined) return unauthorized("Invalid Basic Authentication format");
    return isKey(password) ? undefined : { status: 403, message: "Invalid credentials" };
  }
}

/** Of equal length whatever it is of, so that comparing takes the same time. */
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
