import { dynamicFields, findField, type Field, type Fields, type FieldType } from "./fields.ts";
import type { Place, Report, Severity } from "./finding.ts";
import type { GoEntry, GoValue } from "./go-value.ts";
import { readBool, readDuration, readInteger } from "./read-scalar.ts";
import { nearest } from "./nearest.ts";

/** A decoded configuration: keys spelled as in Traefik's documentation, values typed, empty parts absent. */
export type Decoded = Readonly<Record<string, unknown>>;

/**
 * Puts a file's value into the typed configuration by the rules of Traefik's decoder (traefik/paerser): keys compared
 * ignoring case, `null` is absent, empty maps only where allowed, odd shapes partly fatal and partly dropped.
 * Every fault is reported, not only the first, which is the one Traefik would log.
 */
export function decodeDynamic(value: GoValue, report: Report): Decoded {
  const decoder = new Decoder(report);
  if (value.kind === "null") return {};
  if (value.kind !== "map") {
    decoder.fatal("", value.at, `the file must be a map with http, tcp, udp or tls, not a ${value.kind}`);
    return {};
  }
  const decoded: Record<string, unknown> = {};
  for (const entry of value.entries) {
    // Unknown keys at the root are ignored whatever they hold, so metadata may stand there.
    const found = findField(dynamicFields, entry.key);
    if (found === undefined || found[1].ignored === true || entry.value.kind === "null") continue;
    const [name, field] = found;
    decoder.checkRaw(entry.value, name);
    const part = decoder.member(entry, field, name);
    if (part !== undefined) decoded[name] = part;
  }
  return decoded;
}

class Decoder {
  readonly #report: Report;

  constructor(report: Report) {
    this.#report = report;
  }

  fatal(path: string, at: Place | undefined, message: string, fix?: string): undefined {
    this.#say("fatal_for_all_files", path, at, message, fix);
  }

  #ignored(path: string, at: Place | undefined, message: string, fix?: string): undefined {
    this.#say("silently_ignored", path, at, message, fix);
  }

  #say(severity: Severity, path: string, at: Place | undefined, message: string, fix: string | undefined): void {
    this.#report({ severity, path, ...at, message, ...(fix !== undefined && { fix }) });
  }

  /** Faults of the first stage, which walks the whole subtree before any type is known. */
  checkRaw(value: GoValue, path: string): void {
    if (value.kind === "time") {
      this.fatal(path, value.at, "an unquoted date or time is not supported anywhere", "Quote the value.");
    } else if (value.kind === "map") {
      for (const entry of value.entries) this.checkRaw(entry.value, `${path}.${entry.key}`);
    } else if (value.kind === "list") {
      for (const [index, item] of value.items.entries()) {
        if (item.kind === "null")
          this.fatal(
            `${path}[${index}]`,
            item.at ?? value.at,
            "a list must not contain null",
            "Remove the empty item.",
          );
        else if (item.kind === "list")
          this.fatal(`${path}[${index}]`, item.at, "a list must not contain a list", "Flatten it.");
        else this.checkRaw(item, `${path}[${index}]`);
      }
    }
  }

  /** A field of a struct. */
  member(entry: GoEntry, field: Field, path: string): unknown {
    const { value } = entry;
    const kids = children(value);
    if (field.ignored === true) {
      if (kids.length > 0) return this.fatal(path, entry.at, "this key takes no nested value");
      return this.#ignored(path, entry.at, "this key is for other providers; in a file it is ignored", "Remove it.");
    }
    if (isContainer(field.type) && kids.length === 0) return this.#standalone(entry, field, path);
    return this.value(entry, field.type, path);
  }

  #standalone(entry: GoEntry, field: Field, path: string): unknown {
    const { value } = entry;
    const last = path.split(".").at(-1) as string;
    if (field.allowEmpty !== true) {
      return this.fatal(
        path,
        entry.at,
        `${last} cannot be a standalone element: it is empty or no map`,
        `Give ${last} at least one key, or remove it.`,
      );
    }
    const text = textOf(value);
    if (text === "" || text.toLowerCase() === "true") return {};
    return this.#ignored(
      path,
      entry.at,
      `${last} has a value that turns it off, as if it were absent`,
      `Write ${last}: {}`,
    );
  }

  /** A value whose shape is known to be right or wrong only now; also the elements of maps and lists. */
  value(entry: GoEntry, type: FieldType, path: string): unknown {
    if (typeof type === "string") return this.#scalar(entry, type, path);
    if ("any" in type) return plainOf(entry.value);
    if ("obj" in type) return this.#struct(entry, type.obj, path);
    if ("map" in type) return this.#map(entry, type.map, path);
    return this.#list(entry, type.list, path);
  }

  #struct(entry: GoEntry, fields: Fields, path: string): unknown {
    const { value } = entry;
    if (value.kind !== "map")
      this.#ignored(path, entry.at, `a map belongs here, not a ${value.kind}: its content is lost`);
    const decoded: Record<string, unknown> = {};
    for (const kid of children(value)) {
      const found = findField(fields, kid.key);
      if (found === undefined) {
        this.fatal(
          `${path}.${kid.key}`,
          kid.at,
          `field not found: ${kid.key}`,
          didYouMean(kid.key, Object.keys(fields)),
        );
        continue;
      }
      const part = this.member(kid, found[1], `${path}.${found[0]}`);
      if (part !== undefined) decoded[found[0]] = part;
    }
    if (value.kind === "map") this.#warnNulls(value.entries, fields, path);
    return inOrderOf(fields, decoded);
  }

  #warnNulls(entries: readonly GoEntry[], fields: Fields, path: string): void {
    for (const entry of entries) {
      if (entry.value.kind !== "null") continue;
      const empty = findField(fields, entry.key)?.[1].allowEmpty === true;
      const fix = empty ? `Write ${entry.key}: {} if it is meant, or remove it.` : "Give it a value or remove it.";
      this.#ignored(`${path}.${entry.key}`, entry.at, `${entry.key} is null, which means absent`, fix);
    }
  }

  #map(entry: GoEntry, element: FieldType, path: string): unknown {
    if (entry.value.kind !== "map") this.#ignored(path, entry.at, "a map of names belongs here: names are lost");
    const decoded: Record<string, unknown> = {};
    for (const kid of children(entry.value)) {
      const at = `${path}.${kid.key}`;
      if (kid.oddKey === true)
        this.#ignored(at, kid.at, `the name is no string; Traefik calls it "${kid.key}"`, "Quote the name.");
      if (isContainer(element) && children(kid.value).length === 0 && kid.value.kind !== "map") {
        this.#ignored(at, kid.at, `${kid.key} must be a map; Traefik takes it as an empty one`);
      }
      const part = this.#mapValue(kid, element, at);
      if (part !== undefined) decoded[kid.key] = part;
    }
    return decoded;
  }

  #mapValue(kid: GoEntry, element: FieldType, path: string): unknown {
    if (element === "string" && (kid.value.kind === "map" || kid.value.kind === "list")) {
      return this.#ignored(path, kid.at, "a text belongs here; a nested value is lost");
    }
    return this.value(kid, element, path);
  }

  #list(entry: GoEntry, element: FieldType, path: string): unknown {
    const { value } = entry;
    if (isContainer(element)) {
      if (value.kind !== "list")
        this.#ignored(
          path,
          entry.at,
          "a list belongs here: the content is lost or misread",
          "Write it as a list, each item after a dash.",
        );
      else if (value.items.some((item) => item.kind !== "map"))
        this.#ignored(path, entry.at, "items that are no map are dropped");
      return children(value).map((kid) => this.value({ ...kid }, element, `${path}${itemName(kid.key)}`));
    }
    const kids = children(value);
    if (kids.length > 0) {
      const nested = kids.find((kid) => children(kid.value).length > 0);
      if (nested !== undefined)
        return this.fatal(path, nested.at ?? entry.at, "a list of plain values must not contain maps");
      return this.#ignored(
        path,
        entry.at,
        "a list belongs here, so the content is lost",
        "Write it as a list, each item after a dash.",
      );
    }
    const texts = value.kind === "list" ? value.items.map(textOf) : splitText(textOf(value));
    if (texts.length === 0)
      return value.kind === "list" ? undefined : this.#ignored(path, entry.at, "the list is empty");
    const items = texts.map((text) =>
      this.#text(text.trim(), element as Exclude<FieldType, object>, path, value.at ?? entry.at),
    );
    return items.filter((item) => item !== undefined);
  }

  #scalar(entry: GoEntry, type: Exclude<FieldType, object>, path: string): unknown {
    const { value } = entry;
    if (children(value).length > 0) return this.fatal(path, entry.at, `a ${type} belongs here, not a ${value.kind}`);
    if (value.kind === "list" || value.kind === "map") {
      if (type !== "string") return this.fatal(path, entry.at, `a ${type} belongs here, not a ${value.kind}`);
      return this.#ignored(path, entry.at, `a text belongs here, not a ${value.kind}: Traefik makes garbage of it`);
    }
    return this.#text(textOf(value), type, path, value.at ?? entry.at);
  }

  #text(text: string, type: Exclude<FieldType, object>, path: string, at: Place | undefined): unknown {
    if (type === "string") return text;
    const shown = JSON.stringify(text.slice(0, 60));
    if (type === "bool")
      return readBool(text) ?? this.fatal(path, at, `${shown} is not a boolean`, "Write true or false.");
    if (type === "number")
      return readInteger(text) ?? this.fatal(path, at, `${shown} is not a whole number`, "Write digits only.");
    return (
      readDuration(text) ??
      this.fatal(path, at, `${shown} is not a duration`, "Write seconds (30) or Go units (1m30s, 500ms).")
    );
  }
}

/** Members in the order Traefik's structs declare them, which decides what a part with two types is called. */
function inOrderOf(fields: Fields, decoded: Record<string, unknown>): Decoded {
  const names = Object.keys(fields).filter((name) => Object.hasOwn(decoded, name));
  return Object.fromEntries(names.map((name) => [name, decoded[name]]));
}

function isContainer(type: FieldType): boolean {
  return typeof type !== "string" && !("list" in type);
}

/** Members that count for the decoder: those of a map that are not null, the maps within a list as `[i]`. */
function children(value: GoValue): GoEntry[] {
  if (value.kind === "map")
    return value.entries.filter((entry) => entry.value.kind !== "null" && entry.key !== "<invalid Value>");
  if (value.kind !== "list") return [];
  return value.items.flatMap((item, index) =>
    item.kind === "map" ? [{ key: `[${index}]`, value: item, ...(item.at && { at: item.at }) }] : [],
  );
}

function itemName(key: string): string {
  return key.startsWith("[") ? key : `.${key}`;
}

/** The text of a scalar; a list of scalars has one too, which Traefik joins with marks of its own. */
function textOf(value: GoValue): string {
  if (value.kind === "list") return value.items.map(textOf).join("\u2551");
  return "text" in value ? value.text : "";
}

function splitText(text: string): string[] {
  return text === "" ? [] : text.split(",");
}

function plainOf(value: GoValue): unknown {
  if (value.kind === "map") return Object.fromEntries(value.entries.map((entry) => [entry.key, plainOf(entry.value)]));
  if (value.kind === "list") return value.items.map(plainOf);
  return textOf(value);
}

function didYouMean(key: string, known: readonly string[]): string {
  const close = nearest(key, known);
  return close === undefined ? `Known keys here: ${known.slice(0, 12).join(", ")}.` : `Did you mean ${close}?`;
}
