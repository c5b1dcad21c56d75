import type { Place } from "./finding.ts";

/**
 * A decoded YAML or TOML value as Go sees it before it is put into a struct. Scalars keep their text as Go prints it
 * (`0123` is the number 83), because Traefik's decoder works on that text.
 */
export type GoValue = (
  | { readonly kind: "null" }
  | { readonly kind: "string" | "number" | "bool"; readonly text: string }
  | { readonly kind: "time" }
  | { readonly kind: "list"; readonly items: readonly GoValue[] }
  | { readonly kind: "map"; readonly entries: readonly GoEntry[] }
) & { readonly at?: Place };

/** One member of a map. `oddKey` marks a key that is no string: Traefik prints its type instead of its value. */
export interface GoEntry {
  readonly key: string;
  readonly oddKey?: boolean;
  readonly value: GoValue;
  readonly at?: Place;
}

/** Prints a number as Traefik's decoder does: integers whole, fractions with six digits. */
export function goNumberText(value: number | bigint): string {
  if (typeof value === "bigint") return value.toString();
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  return fixed(value).replace(/\.000000$/, "");
}

function fixed(value: number): string {
  // toFixed switches to exponents at 1e21; Go prints all digits.
  return Math.abs(value) < 1e21 ? value.toFixed(6) : `${BigInt(value).toString()}.000000`;
}
