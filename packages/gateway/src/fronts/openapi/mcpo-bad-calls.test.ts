import { describe, expect } from "vitest";
import { itAnswers, KEY, type Row } from "./testing/as-mcpo.ts";

const missing = (...loc: readonly string[]): object => ({
  type: "missing",
  loc: ["body", ...loc],
  msg: "Field required",
});
const MESSAGE_MISSING = { detail: [{ ...missing("message"), input: {} }] };

const badCalls: readonly Row[] = [
  { what: "a field missing", path: "/up/echo", body: {}, status: 422, is: MESSAGE_MISSING },
  {
    what: "all fields missing",
    path: "/up/get-sum",
    body: {},
    status: 422,
    is: {
      detail: [
        { ...missing("a"), input: {} },
        { ...missing("b"), input: {} },
      ],
    },
  },
  { what: "no body", path: "/up/echo", status: 422, is: { detail: [{ ...missing(), input: null }] } },
  { what: "null as body", path: "/up/echo", body: null, status: 422, is: { detail: [{ ...missing(), input: null }] } },
  {
    what: "a list as body",
    path: "/up/echo",
    body: [],
    status: 422,
    is: {
      detail: [
        {
          type: "model_attributes_type",
          loc: ["body"],
          msg: "Input should be a valid dictionary or object to extract fields from",
          input: [],
        },
      ],
    },
  },
  {
    what: "another content type",
    path: "/up/echo",
    headers: { "content-type": "text/plain" },
    body: '{"message":"hi"}',
    status: 422,
    is: {
      detail: [
        {
          type: "model_attributes_type",
          loc: ["body"],
          msg: "Input should be a valid dictionary or object to extract fields from",
          input: '{"message":"hi"}',
        },
      ],
    },
  },
  {
    what: "no JSON",
    path: "/up/echo",
    body: "{bad",
    status: 422,
    is: {
      detail: [
        {
          type: "json_invalid",
          loc: ["body", 1],
          msg: "JSON decode error",
          input: {},
          ctx: { error: expect.any(String) },
        },
      ],
    },
  },
  {
    what: "a wrong type",
    path: "/up/echo",
    body: { message: 5 },
    status: 422,
    is: {
      detail: [{ type: "string_type", loc: ["body", "message"], msg: "Input should be a valid string", input: 5 }],
    },
  },
  {
    what: "null for what is required",
    path: "/up/echo",
    body: { message: null },
    status: 422,
    is: {
      detail: [{ type: "string_type", loc: ["body", "message"], msg: "Input should be a valid string", input: null }],
    },
  },
  {
    what: "a text that is no number",
    path: "/up/get-sum",
    body: { a: "x", b: 1 },
    status: 422,
    is: {
      detail: [
        {
          type: "float_parsing",
          loc: ["body", "a"],
          msg: "Input should be a valid number, unable to parse string as a number",
          input: "x",
        },
      ],
    },
  },
  {
    what: "a text that is a number is one",
    path: "/up/get-sum",
    body: { a: "1", b: 2 },
    status: 200,
    is: "The sum of 1 and 2 is 3.",
  },
  {
    what: "null for what may be left out is left out",
    path: "/up/strict",
    body: { level: null, count: 2 },
    status: 200,
    is: { count: 2 },
  },
  { what: "an unknown field", path: "/up/echo", body: { message: "hi", x: 1 }, status: 200, is: "Echo: hi" },
  {
    what: "an unknown field where there may be none; mcpo drops it",
    path: "/up/strict",
    body: { x: 1 },
    status: 422,
    is: { detail: [{ type: "extra_forbidden", loc: ["body", "x"], msg: "Extra inputs are not permitted", input: 1 }] },
  },
  {
    what: "none of an enum; mcpo has lost it",
    path: "/up/strict",
    body: { level: "mid" },
    status: 422,
    is: {
      detail: [
        {
          type: "literal_error",
          loc: ["body", "level"],
          msg: "Input should be 'low' or 'high'",
          input: "mid",
          ctx: { expected: "'low' or 'high'" },
        },
      ],
    },
  },
  {
    what: "too small; mcpo has lost the bound",
    path: "/up/strict",
    body: { count: 0 },
    status: 422,
    is: {
      detail: [
        {
          type: "greater_than_equal",
          loc: ["body", "count"],
          msg: "Input should be greater than or equal to 1",
          input: 0,
          ctx: { ge: 1 },
        },
      ],
    },
  },
  {
    what: "deep inside",
    path: "/up/strict",
    body: { tags: ["a", 5] },
    status: 422,
    is: {
      detail: [{ type: "string_type", loc: ["body", "tags", 1], msg: "Input should be a valid string", input: 5 }],
    },
  },
  {
    what: "5 MiB",
    path: "/up/echo",
    body: JSON.stringify({ message: "x".repeat(5 * 1024 * 1024) }),
    status: 413,
    is: { detail: expect.stringContaining("larger than") },
  },
  { what: "an unknown tool", path: "/up/nope", body: {}, status: 404, is: { detail: "Not Found" } },
  {
    what: "an unknown server",
    path: "/nope/echo",
    body: {},
    status: 404,
    is: expect.objectContaining({ detail: "Not Found" }),
  },
  {
    what: "GET of a tool",
    path: "/up/echo",
    method: "GET",
    status: 405,
    is: { detail: "Method Not Allowed" },
    has: { allow: "POST" },
  },
  {
    what: "a failure; mcpo hides its message in another",
    path: "/up/fails",
    body: {},
    status: 500,
    is: { detail: { message: "Error processing query: Invalid timezone: 'Nope'" } },
  },
  {
    what: "a parse error",
    path: "/up/rpc-32700",
    body: {},
    status: 400,
    is: { detail: { message: "it says why", data: { more: 1 } } },
  },
  { what: "an invalid request", path: "/up/rpc-32600", body: {}, status: 400 },
  { what: "an unknown method", path: "/up/rpc-32601", body: {}, status: 404 },
  { what: "invalid params", path: "/up/rpc-32602", body: {}, status: 422 },
  { what: "an internal error", path: "/up/rpc-32603", body: {}, status: 500 },
  { what: "any other error", path: "/up/rpc-1", body: {}, status: 500 },
  { what: "a gateway behind us that is overloaded", path: "/up/overloaded", body: {}, status: 503 },
  {
    what: "an upstream that limits our rate",
    path: "/up/limited",
    body: {},
    status: 429,
    is: { detail: { message: "up: it says why", data: expect.objectContaining({ retryable: true }) } },
    has: { "retry-after": "1" },
  },
  {
    what: "an upstream that is down",
    path: "/up/down",
    body: {},
    status: 503,
    is: {
      detail: { message: "up: it says why", data: { upstream: "up", phase: "call", sent: false, retryable: true } },
    },
    has: { "retry-after": "1" },
  },
  {
    what: "a slow one",
    path: "/up/slow",
    body: {},
    status: 504,
    is: { detail: { message: "up: it says why", data: expect.objectContaining({ sent: true }) } },
  },
  {
    what: "a question that HTTP has no way back for",
    path: "/up/asks",
    body: {},
    status: 500,
    is: { detail: { message: expect.stringContaining("MCP") } },
  },
  {
    what: "a bug of ours",
    path: "/up/bug",
    body: {},
    status: 500,
    is: { detail: { message: "Internal error; the gateway's log has it" } },
  },
];

describe("bad calls, as mcpo", () => void itAnswers(badCalls, { apiKey: "k" }, KEY));
