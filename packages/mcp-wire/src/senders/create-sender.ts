import { http1Sender } from "./http1/http1-sender.ts";
import type { HttpSender, SenderOptions } from "./http-sender.ts";
import { undiciSender } from "./undici-sender.ts";

/** How an upstream is reached: in the house over plain HTTP, as cheaply as it goes, beyond it over TLS. */
export function createSender(origin: string, options: SenderOptions = {}): HttpSender {
  return origin.startsWith("https:") ? undiciSender(origin, options) : http1Sender(origin, options);
}
