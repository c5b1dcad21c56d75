import { isRecord } from "./json-schema.ts";

const TYPES: ReadonlySet<unknown> = new Set(["string", "number", "integer", "boolean", "object", "array", "null"]);

const isCount = (value: unknown): boolean => Number.isInteger(value) && (value as number) >= 0;
const isNumber = (value: unknown): boolean => typeof value === "number";
const isText = (value: unknown): boolean => typeof value === "string";
const isFlag = (value: unknown): boolean => typeof value === "boolean";
const isNameList = (value: unknown): boolean => Array.isArray(value) && value.every(isText) && isUnique(value);
const isUnique = (list: readonly unknown[]): boolean => new Set(list).size === list.length;

/** What the values of keywords must be (JSON Schema 2020-12 validation §6, §8, §9; OpenAPI 3.1 "Schema Object"). */
const RULES: Readonly<Record<string, (value: unknown) => boolean>> = {
  type: (value) =>
    TYPES.has(value) ||
    (Array.isArray(value) && value.length > 0 && value.every((one) => TYPES.has(one)) && isUnique(value)),
  enum: (value) => Array.isArray(value) && !hasReference(value),
  const: (value) => !hasReference(value),
  default: (value) => !hasReference(value),
  example: (value) => !hasReference(value),
  examples: (value) => Array.isArray(value) && !hasReference(value),
  required: isNameList,
  dependentRequired: (value) => isRecord(value) && Object.values(value).every(isNameList),
  maxLength: isCount,
  minLength: isCount,
  maxItems: isCount,
  minItems: isCount,
  maxContains: isCount,
  minContains: isCount,
  maxProperties: isCount,
  minProperties: isCount,
  maximum: isNumber,
  minimum: isNumber,
  exclusiveMaximum: isNumber,
  exclusiveMinimum: isNumber,
  multipleOf: (value) => typeof value === "number" && value > 0,
  pattern: isText,
  format: isText,
  title: isText,
  description: isText,
  contentEncoding: isText,
  contentMediaType: isText,
  $comment: isText,
  uniqueItems: isFlag,
  deprecated: isFlag,
  readOnly: isFlag,
  writeOnly: isFlag,
  // OpenAPI's own, which upstreams do not mean; a wrong one breaks whoever reads the document.
  discriminator: () => false,
  xml: () => false,
  externalDocs: () => false,
};

/** False for a keyword whose value its specification forbids: it means nothing, and breaks readers of the document. */
export function isWellFormed(keyword: string, value: unknown): boolean {
  const rule = Object.hasOwn(RULES, keyword) ? RULES[keyword] : undefined;
  return rule === undefined ? !hasReference(value) : rule(value);
}

/** True where a value that is no schema holds `$ref`, which readers would follow all the same. */
function hasReference(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(hasReference);
  return isRecord(value) && (Object.hasOwn(value, "$ref") || Object.values(value).some(hasReference));
}
