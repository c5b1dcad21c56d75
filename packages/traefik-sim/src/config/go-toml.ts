import { parse, TomlDate, TomlError, type TomlValue } from "smol-toml";
import type { Report } from "./finding.ts";
import { goNumberText, type GoValue } from "./go-value.ts";

/** Reads TOML as Traefik does; undefined after a report when it cannot be read. Places of single values are not known. */
export function readGoToml(text: string, report: Report): GoValue | undefined {
  try {
    return valueOf(parse(text, { integersAsBigInt: true }));
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const { line, column } = error;
    const message = error.message.replace(/^Invalid TOML document: /, "").split("\n", 1)[0] as string;
    report({ severity: "fatal_for_all_files", path: "", line, column, message, fix: "Correct the TOML here." });
    return undefined;
  }
}

function valueOf(value: TomlValue): GoValue {
  if (typeof value === "string") return { kind: "string", text: value };
  if (typeof value === "boolean") return { kind: "bool", text: String(value) };
  if (typeof value === "bigint") return { kind: "number", text: goNumberText(value) };
  if (typeof value === "number") return { kind: "number", text: goNumberText(value) };
  if (value instanceof TomlDate) return { kind: "time" };
  if (Array.isArray(value)) return { kind: "list", items: value.map(valueOf) };
  return { kind: "map", entries: Object.entries(value).map(([key, member]) => ({ key, value: valueOf(member) })) };
}
