type Schema = Readonly<Record<string, unknown>>;

/** One argument of a tool, as a field of a form. */
export interface Field {
  readonly key: string;
  readonly label: string;
  readonly description: string;
  readonly isRequired: boolean;
  readonly kind: "text" | "number" | "boolean" | "choice" | "json";
  readonly choices: readonly string[];
  readonly value: string;
}

/** Arguments read from a form, or what is wrong with its fields. */
export type Read = { readonly args: Readonly<Record<string, unknown>> } | { readonly problems: readonly string[] };

/** The fields for a tool's input schema; `given` is what was filled in already. */
export function fieldsOf(schema: Schema, given: ReadonlyMap<string, string>): readonly Field[] {
  const properties = isRecord(schema["properties"]) ? schema["properties"] : {};
  const required = Array.isArray(schema["required"]) ? schema["required"] : [];
  return Object.entries(properties).map(([key, value]) => {
    const property = isRecord(value) ? value : {};
    const { title, description, default: preset } = property;
    const choices = Array.isArray(property["enum"]) ? property["enum"].map(String) : [];
    return {
      key,
      label: typeof title === "string" ? `${title} (${key})` : key,
      description: typeof description === "string" ? description : "",
      isRequired: required.includes(key),
      kind: kindOf(property),
      choices,
      value:
        given.get(key) ?? (preset === undefined ? "" : typeof preset === "string" ? preset : JSON.stringify(preset)),
    };
  });
}

function kindOf(schema: Schema): Field["kind"] {
  if (Array.isArray(schema["enum"]) && schema["enum"].every((one) => typeof one === "string")) return "choice";
  const types = [schema["type"]].flat().filter((type) => type !== "null");
  const [type] = types;
  if (types.length !== 1) return "json";
  if (type === "string") return "text";
  if (type === "number" || type === "integer") return "number";
  return type === "boolean" ? "boolean" : "json";
}

/** Reads what a person filled in; an empty field that is not required is left out. */
export function readFields(fields: readonly Field[]): Read {
  const args: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const { key, kind, value, isRequired, choices } of fields) {
    if (value === "" && (kind !== "text" || !isRequired)) {
      if (isRequired) problems.push(`${key} is required`);
      continue;
    }
    const parsed = parse(kind, value);
    if (parsed === undefined) problems.push(`${key} must be ${WANTED[kind]}`);
    else if (kind === "choice" && !choices.includes(value))
      problems.push(`${key} must be one of ${choices.join(", ")}`);
    // Defined, not set: `__proto__` is a key like any other.
    else Object.defineProperty(args, key, { value: parsed, enumerable: true });
  }
  return problems.length > 0 ? { problems } : { args };
}

const WANTED: Readonly<Record<Field["kind"], string>> = {
  text: "text",
  choice: "one of its choices",
  number: "a number",
  boolean: "true or false",
  json: "JSON",
};

function parse(kind: Field["kind"], value: string): unknown {
  if (kind === "text" || kind === "choice") return value;
  if (kind === "number") return Number.isFinite(Number(value)) ? Number(value) : undefined;
  if (kind === "boolean") return value === "true" ? true : value === "false" ? false : undefined;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
