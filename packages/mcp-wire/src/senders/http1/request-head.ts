import type { SendRequest } from "../http-sender.ts";

/** Headers that are the connection's own (RFC 9110 §7.6.1) or follow from the body: whoever asks has no say in them. */
const OWN = new Set([
  "connection",
  "content-length",
  "expect",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const NOT_IN_VALUE = /[^\t\x20-\x7e\x80-\xff]/;
const NOT_IN_PATH = /[^\x21-\x7e\x80-\xff]/;

/**
 * The head of a request as it goes out, each character a byte (RFC 9112 §2.1, §3).
 *
 * @param host for the Host header, where the request has none of its own
 * @throws TypeError naming the header, never its value, where it would not stay within its line
 */
export function requestHead({ method, path, headers, body }: SendRequest, host: string): string {
  if (path === "" || NOT_IN_PATH.test(path)) throw new TypeError("the path has a character that must be escaped");
  let lines = "";
  let hasHost = false;
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] as string;
    const value = headers[index + 1] as string;
    if (!TOKEN.test(name)) throw new TypeError(`${JSON.stringify(name)} is no name of a header`);
    if (NOT_IN_VALUE.test(value)) throw new TypeError(`header ${name} has a character that no header may have`);
    const lower = name.toLowerCase();
    if (OWN.has(lower)) continue;
    hasHost ||= lower === "host";
    lines += `${name}: ${value}\r\n`;
  }
  if (body !== null) lines += `Content-Length: ${body.length}\r\n`;
  return `${method} ${path} HTTP/1.1\r\n${hasHost ? "" : `Host: ${host}\r\n`}Connection: keep-alive\r\n${lines}\r\n`;
}
