import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { classify, decodeHeaderValue, encodeHeaderValue } from "./classify.ts";
import { Message } from "./message.ts";
import { ENVELOPE } from "./testing/downstream.ts";
import { WireError } from "./wire-error.ts";

const MODERN = "2026-07-28";
type Headers = Record<string, string>;

const modern = (method: string, params: object = {}, meta: object = ENVELOPE) => ({
  id: 1,
  method,
  params: { ...params, _meta: meta },
});
const version = (value: string): Headers => ({ "mcp-protocol-version": value });
const mirrored = (method: string, name?: string): Headers => ({
  ...version(MODERN),
  "mcp-method": method,
  ...(name !== undefined && { "mcp-name": name }),
});
const without = (key: keyof typeof ENVELOPE) => ({ ...ENVELOPE, [key]: undefined });

function outcome(body: object, headers: Headers): string | number {
  try {
    const found = classify(Message.of(body), { header: (name) => headers[name] });
    return `${found.era} ${found.version}`;
  } catch (error) {
    if (!(error instanceof WireError) || error.status !== (error.code === -32601 ? 404 : 400)) throw error;
    return error.code;
  }
}

/** Pages of https://modelcontextprotocol.io/specification. */
const LEGACY_TRANSPORTS = "2025-11-25/basic/transports#protocol-version-header";
const VERSIONING = "2026-07-28/basic/versioning";
const ENVELOPES = "2026-07-28/basic#general-fields";
const HEADERS = "2026-07-28/basic/transports/streamable-http#standard-headers";

const initialize = { id: 1, method: "initialize", params: { protocolVersion: "2025-11-25" } };
const list = modern("tools/list");
const call = modern("tools/call", { name: "now" });
const claim = (revision: unknown) => ({ ...ENVELOPE, "io.modelcontextprotocol/protocolVersion": revision });

describe("classify", () => {
  it.each<[string, object, Headers, string | number, string]>([
    ["initialize", initialize, {}, "legacy undefined", VERSIONING],
    ["initialize with its version", initialize, version("2025-06-18"), "legacy 2025-06-18", LEGACY_TRANSPORTS],
    ["initialize with a modern header", initialize, version(MODERN), -32020, VERSIONING],
    ["a modern initialize", modern("initialize"), mirrored("initialize"), -32601, "2026-07-28/changelog"],
    ["a modern ping", modern("ping"), mirrored("ping"), -32601, "2026-07-28/changelog"],
    ["nothing that names a version", { id: 1, method: "ping" }, {}, "legacy undefined", LEGACY_TRANSPORTS],
    ["a legacy header", { id: 1, method: "ping" }, version("2025-11-25"), "legacy 2025-11-25", LEGACY_TRANSPORTS],
    ["a header of no revision", { id: 1, method: "ping" }, version("draft"), "legacy draft", LEGACY_TRANSPORTS],
    ["a legacy response", { id: 1, result: {} }, {}, "legacy undefined", LEGACY_TRANSPORTS],
    [
      "a legacy _meta",
      { id: 1, method: "tools/list", params: { _meta: { progressToken: 1 } } },
      {},
      "legacy undefined",
      VERSIONING,
    ],
    [
      "a _meta that is no object",
      { id: 1, method: "tools/list", params: { _meta: 7 } },
      {},
      "legacy undefined",
      VERSIONING,
    ],
    ["a whole modern request", list, mirrored("tools/list"), `modern ${MODERN}`, ENVELOPES],
    ["a modern notification", { method: "notifications/x" }, version(MODERN), `modern ${MODERN}`, HEADERS],
    ["a modern envelope, no header", list, {}, -32020, HEADERS],
    ["a modern envelope, a legacy header", list, version("2025-11-25"), -32020, HEADERS],
    ["another modern revision in each", list, version("2027-01-01"), -32020, HEADERS],
    ["a modern header, no envelope", { id: 1, method: "tools/list" }, mirrored("tools/list"), -32602, ENVELOPES],
    [
      "no capabilities",
      modern("tools/list", {}, without("io.modelcontextprotocol/clientCapabilities")),
      mirrored("tools/list"),
      -32602,
      ENVELOPES,
    ],
    [
      "no client info",
      modern("tools/list", {}, without("io.modelcontextprotocol/clientInfo")),
      mirrored("tools/list"),
      `modern ${MODERN}`,
      ENVELOPES,
    ],
    ["a future revision", modern("tools/list", {}, claim("2027-01-01")), version("2027-01-01"), -32022, VERSIONING],
    [
      "a legacy revision in an envelope",
      modern("tools/list", {}, claim("2025-11-25")),
      version("2025-11-25"),
      -32022,
      VERSIONING,
    ],
    ["a revision that is no text", modern("tools/list", {}, claim(7)), mirrored("tools/list"), -32020, ENVELOPES],
    ["a modern response", { id: 1, result: {} }, version(MODERN), -32600, "2026-07-28/changelog"],
    ["no Mcp-Method", list, version(MODERN), -32020, HEADERS],
    ["another Mcp-Method", list, mirrored("tools/call"), -32020, HEADERS],
    ["Mcp-Method in another case", list, mirrored("Tools/List"), -32020, HEADERS],
    ["another method on a notification", { method: "notifications/x" }, mirrored("tools/call"), -32020, HEADERS],
    ["a call and its name", call, mirrored("tools/call", "now"), `modern ${MODERN}`, HEADERS],
    ["a call without Mcp-Name", call, mirrored("tools/call"), -32020, HEADERS],
    ["another Mcp-Name", call, mirrored("tools/call", "later"), -32020, HEADERS],
    ["space around Mcp-Name", call, mirrored("tools/call", " now "), `modern ${MODERN}`, HEADERS],
    [
      "an encoded name",
      modern("tools/call", { name: "né" }),
      mirrored("tools/call", "=?base64?bsOp?="),
      `modern ${MODERN}`,
      HEADERS,
    ],
    ["another encoded name", call, mirrored("tools/call", "=?base64?bsOp?="), -32020, HEADERS],
    ["a name in the header only", modern("tools/call"), mirrored("tools/call", "now"), -32020, HEADERS],
    ["a call without any name", modern("tools/call"), mirrored("tools/call"), `modern ${MODERN}`, HEADERS],
    [
      "a resource",
      modern("resources/read", { uri: "a://b" }),
      mirrored("resources/read", "a://b"),
      `modern ${MODERN}`,
      HEADERS,
    ],
    [
      "another resource",
      modern("resources/read", { uri: "a://b" }),
      mirrored("resources/read", "a://c"),
      -32020,
      HEADERS,
    ],
    ["a prompt", modern("prompts/get", { name: "p" }), mirrored("prompts/get", "q"), -32020, HEADERS],
    ["a name where none is mirrored", modern("x/y", { name: "p" }), mirrored("x/y", "q"), `modern ${MODERN}`, HEADERS],
    [
      "a method named as an object's own",
      modern("constructor", { name: "p" }),
      mirrored("constructor", "q"),
      `modern ${MODERN}`,
      HEADERS,
    ],
  ])("%s", (_, body, headers, expected, page) => {
    expect(outcome(body, headers), `https://modelcontextprotocol.io/specification/${page}`).toBe(expected);
  });

  it("says which header disagrees, and which revisions would do", () => {
    const refused = (body: object, headers: Headers) => {
      try {
        classify(Message.of(body), { header: (name) => headers[name] });
      } catch (error) {
        return error;
      }
      return undefined;
    };
    expect(refused(call, mirrored("tools/call", "later"))).toMatchObject({
      message: expect.stringContaining("mcp-name"),
      data: { mismatch: { header: "mcp-name", value: "later" } },
    });
    expect(refused(modern("a", {}, claim("2027-01-01")), version("2027-01-01"))).toMatchObject({
      data: { supported: [MODERN], requested: "2027-01-01" },
    });
  });
});

describe("header values (SEP-2243)", () => {
  it.each([
    ["now", "now"],
    ["a b", "a b"],
    ["", "=?base64??="],
    [" a", "=?base64?IGE=?="],
    ["é", "=?base64?w6k=?="],
    ["a\r\nb: c", "=?base64?YQ0KYjogYw==?="],
    ["=?base64?YQ==?=", "=?base64?PT9iYXNlNjQ/WVE9PT89?="],
  ])("writes %j as %j", (text, value) => {
    expect(encodeHeaderValue(text)).toBe(value);
  });

  it("come back as they were, and are always one safe line", () => {
    const texts = fc.oneof(
      fc.string({ unit: "binary" }).map((text) => text.toWellFormed()),
      fc.string({ unit: "grapheme-ascii" }),
      fc.base64String().map((text) => `=?base64?${text}?=`),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const value = encodeHeaderValue(text);
        expect(decodeHeaderValue(value)).toBe(text);
        expect(value).toMatch(/^[ -~]+$/);
        expect(value.trim()).toBe(value);
      }),
      { numRuns: 5_000 },
    );
  });
});
