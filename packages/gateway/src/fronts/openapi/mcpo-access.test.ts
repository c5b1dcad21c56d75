import { describe, expect } from "vitest";
import { itAnswers, KEY, type Row } from "./testing/as-mcpo.ts";

const keys: readonly Row[] = [
  {
    what: "no key",
    path: "/up/echo",
    headers: { authorization: "" },
    body: { message: "hi" },
    status: 401,
    is: { detail: "Missing or invalid Authorization header" },
    has: { "www-authenticate": "Bearer" },
  },
  {
    what: "a wrong key",
    path: "/up/echo",
    headers: { authorization: "Bearer no" },
    body: { message: "hi" },
    status: 403,
    is: { detail: "Invalid API key" },
  },
  {
    what: "a password where a token is asked for",
    path: "/up/echo",
    headers: { authorization: "Basic eDpr" },
    body: { message: "hi" },
    status: 401,
    is: { detail: "Missing or invalid Authorization header" },
  },
  {
    what: "the document is open",
    path: "/up/openapi.json",
    method: "GET",
    headers: { authorization: "" },
    status: 200,
    has: { "content-type": "application/json", vary: "Origin, Accept-Encoding" },
  },
  { what: "so is the one of all", path: "/openapi.json", method: "GET", headers: { authorization: "" }, status: 200 },
  {
    what: "so are the pages",
    path: "/up/docs",
    method: "GET",
    headers: { authorization: "" },
    status: 200,
    has: { "content-type": "text/html; charset=utf-8" },
  },
  { what: "all three", path: "/up/redoc", method: "GET", headers: { authorization: "" }, status: 200 },
];

const strictKeys: readonly Row[] = [
  {
    what: "pages ask for the key",
    path: "/up/docs",
    method: "GET",
    status: 401,
    is: { detail: "Missing or invalid Authorization header" },
    has: { "www-authenticate": "Bearer, Basic" },
  },
  {
    what: "a wrong token",
    path: "/up/openapi.json",
    method: "GET",
    headers: { authorization: "Bearer no" },
    status: 403,
    is: { detail: "Invalid API key" },
  },
  {
    what: "a password",
    path: "/up/openapi.json",
    method: "GET",
    headers: { authorization: "Basic eDpr" },
    status: 200,
  },
  {
    what: "a wrong password",
    path: "/up/openapi.json",
    method: "GET",
    headers: { authorization: "Basic eDpu" },
    status: 403,
    is: { detail: "Invalid credentials" },
  },
  {
    what: "no password",
    path: "/up/openapi.json",
    method: "GET",
    headers: { authorization: "Basic !!" },
    status: 401,
    is: { detail: "Invalid Basic Authentication format" },
  },
  {
    what: "another scheme",
    path: "/up/openapi.json",
    method: "GET",
    headers: { authorization: "Digest x" },
    status: 401,
    is: { detail: "Unsupported authorization method" },
  },
  { what: "what is not there", path: "/nope", method: "GET", status: 401 },
  { what: "the state of things", path: "/health", method: "GET", status: 401 },
  { what: "whether we live", path: "/livez", method: "GET", status: 200 },
  {
    what: "a call with a password; mcpo refuses it",
    path: "/up/echo",
    headers: { authorization: "Basic eDpr" },
    body: { message: "hi" },
    status: 200,
    is: "Echo: hi",
  },
];

const ORIGIN = { origin: "http://chat.example" };
const pages: readonly Row[] = [
  {
    what: "an answer to a page",
    path: "/up/echo",
    headers: { ...KEY, ...ORIGIN },
    body: { message: "hi" },
    status: 200,
    has: {
      "access-control-allow-origin": "http://chat.example",
      "access-control-allow-credentials": "true",
      vary: "Origin",
    },
  },
  {
    what: "a refusal to a page",
    path: "/up/echo",
    headers: ORIGIN,
    body: {},
    status: 401,
    has: { "access-control-allow-origin": "http://chat.example" },
  },
  {
    what: "a browser that asks first",
    path: "/up/echo",
    method: "OPTIONS",
    headers: {
      ...ORIGIN,
      "access-control-request-method": "POST",
      "access-control-request-headers": "content-type,authorization,x-session-id",
      "access-control-request-private-network": "true",
    },
    status: 200,
    has: {
      "access-control-allow-origin": "http://chat.example",
      "access-control-allow-headers": "content-type,authorization,x-session-id",
      "access-control-max-age": "600",
      "access-control-allow-private-network": "true",
    },
  },
  { what: "OPTIONS of nobody's asking", path: "/up/echo", method: "OPTIONS", status: 405 },
  {
    what: "what a page may see",
    path: "/up/openapi.json",
    method: "GET",
    headers: ORIGIN,
    status: 200,
    has: { "access-control-expose-headers": expect.stringContaining("content-disposition") as string },
  },
  {
    what: "the prompt of a server",
    path: "/up/api/config",
    method: "GET",
    status: 200,
    is: { features: { system: true } },
  },
  { what: "and its words", path: "/up/system", method: "GET", status: 200, is: { prompt: "Use them well." } },
];

describe("keys, as mcpo", () => void itAnswers(keys, { apiKey: "k" }));
describe("strict keys, as mcpo", () => void itAnswers(strictKeys, { apiKey: "k", isStrict: true }));
describe("pages of other origins, as mcpo", () => void itAnswers(pages, { apiKey: "k" }));
