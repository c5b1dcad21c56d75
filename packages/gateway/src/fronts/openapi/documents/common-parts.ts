/** What every document has, besides its operations. */

const ref = (name: string): object => ({ $ref: `#/components/schemas/${name}` });
const json = (schema: object): object => ({ "application/json": { schema } });

/** As FastAPI describes them, so that clients made for mcpo find what they know. */
export const COMMON_SCHEMAS: Readonly<Record<string, object>> = {
  HTTPValidationError: {
    properties: { detail: { items: ref("ValidationError"), type: "array", title: "Detail" } },
    type: "object",
    title: "HTTPValidationError",
  },
  ValidationError: {
    properties: {
      loc: { items: { anyOf: [{ type: "string" }, { type: "integer" }] }, type: "array", title: "Location" },
      msg: { type: "string", title: "Message" },
      type: { type: "string", title: "Error Type" },
      input: { title: "Input" },
      ctx: { type: "object", title: "Context" },
    },
    type: "object",
    required: ["loc", "msg", "type"],
    title: "ValidationError",
  },
  HTTPError: {
    properties: { detail: { type: "string", title: "Detail" } },
    type: "object",
    required: ["detail"],
    title: "HTTPError",
  },
  ToolError: {
    properties: {
      detail: {
        type: "object",
        properties: { message: { type: "string" }, data: { title: "What else is known" } },
        required: ["message"],
      },
    },
    type: "object",
    required: ["detail"],
    title: "ToolError",
  },
};

const failure = (description: string, ...schemas: readonly string[]): object => {
  const [only] = schemas;
  return { description, content: json(schemas.length === 1 ? ref(only as string) : { anyOf: schemas.map(ref) }) };
};

/** By name; {@link responsesOf} refers to them. */
export const COMMON_RESPONSES: Readonly<Record<string, object>> = {
  BadRequest: failure("The request could not be understood", "HTTPError", "ToolError"),
  Unauthorized: failure("No key was given", "HTTPError"),
  Forbidden: failure("The key is wrong, or may not do this", "HTTPError", "ToolError"),
  NotFound: failure("There is no such tool", "HTTPError", "ToolError"),
  TooLarge: failure("The body or the result is too large", "HTTPError", "ToolError"),
  Invalid: failure("Validation Error", "HTTPValidationError", "ToolError"),
  TooMany: failure("Too many calls; Retry-After says when to try again", "ToolError"),
  Failed: failure("The tool failed, and says why", "ToolError"),
  Broken: failure("The server of the tool broke off, or answered what nobody understands", "ToolError"),
  Unavailable: failure("The server of the tool is down or busy", "ToolError"),
  Late: failure("The server of the tool did not answer in time", "ToolError"),
};

const STATUSES: readonly (readonly [number, string])[] = [
  [400, "BadRequest"],
  [401, "Unauthorized"],
  [403, "Forbidden"],
  [404, "NotFound"],
  [413, "TooLarge"],
  [422, "Invalid"],
  [429, "TooMany"],
  [500, "Failed"],
  [502, "Broken"],
  [503, "Unavailable"],
  [504, "Late"],
];

/** What an operation may answer besides its result. */
export function failures(isKeyAsked: boolean): Record<string, object> {
  const possible = STATUSES.filter(([status]) => isKeyAsked || status !== 401);
  return Object.fromEntries(possible.map(([status, name]) => [status, { $ref: `#/components/responses/${name}` }]));
}

export const SECURITY_SCHEMES: object = { HTTPBearer: { type: "http", scheme: "bearer" } };
