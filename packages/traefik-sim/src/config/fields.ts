import tree from "./dynamic-fields.json" with { type: "json" };

/** The type of one value of the dynamic configuration, as Traefik's structs declare it. */
export type FieldType =
  | "string"
  | "bool"
  | "number"
  | "duration"
  | { readonly list: FieldType }
  | { readonly obj: Fields }
  | { readonly map: FieldType }
  | { readonly any: unknown };

/** One field. `go` is the name the decoder compares with, ignoring case; `ignored` fields are taken and dropped. */
export interface Field {
  readonly type: FieldType;
  readonly go: string;
  readonly allowEmpty?: boolean;
  readonly ignored?: boolean;
}

export type Fields = Readonly<Record<string, Field>>;

/** Every field of the dynamic configuration under its roots `http`, `tcp`, `udp` and `tls` (Traefik 3.7). */
export const dynamicFields: Fields = tree as unknown as Fields;

/** A field by its key, compared as Traefik's decoder does: the key against the Go name, ignoring case. */
export function findField(fields: Fields, key: string): readonly [name: string, field: Field] | undefined {
  const wanted = key.toLowerCase();
  let index = indexes.get(fields);
  if (index === undefined) {
    index = new Map(Object.entries(fields).map(([name, field]) => [field.go.toLowerCase(), [name, field] as const]));
    indexes.set(fields, index);
  }
  const found = index.get(wanted);
  if (found !== undefined) return found;
  return FOREIGN_KEYS.has(wanted) ? [key, { type: "string", go: key, ignored: true }] : undefined;
}

const indexes = new WeakMap<Fields, Map<string, readonly [string, Field]>>();

// Fields that Traefik fills for other providers; its file decoder takes them (tag `file:"-"`) and drops the value.
const FOREIGN_KEYS = new Set(["scheme", "port", "fenced", "defaultrule", "resolvedoptions", "expires", "models"]);
