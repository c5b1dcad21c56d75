import type { Path } from "../document.ts";

/** One server of a foreign file, in the words of our own definitions. */
export interface ForeignUpstream {
  /** As the file calls it. */
  readonly name: string;
  /** Where it stands. */
  readonly path: Path;
  /** What an upstream's schema takes. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Which key of the file an option came from, where it is called otherwise there. */
  readonly from: Readonly<Record<string, string>>;
  /** Files with variables for its environment. */
  readonly envFiles: readonly string[];
}

/** Takes what there is to say about a place of the file. */
export interface Notes {
  error(message: string, path: Path): void;
  /** `at`: `key` points at the key itself. */
  warn(message: string, path: Path, at?: "key"): void;
}

/** A way in which others write down their servers, told by its shape. */
export interface ForeignFormat {
  readonly name: string;
  /** Whether the root of a file is of this form. */
  matches(root: Readonly<Record<string, unknown>>): boolean;
  read(root: Readonly<Record<string, unknown>>, notes: Notes): readonly ForeignUpstream[];
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
