import type { LoadedConfig } from "../../config/load.ts";
import type { Status } from "../../status.ts";
import type { Tool } from "../client/gateway-client.ts";
import type { Io } from "../command.ts";

/** What a check found. */
export interface Finding {
  readonly level: "ok" | "warning" | "error";
  readonly what: string;
  /** What to do about it; nothing for what is well. */
  readonly remedy?: string;
}

/** What there is to look at. */
export interface Patient {
  readonly io: Io;
  /** Configuration files; undefined where none is named. */
  readonly loaded: LoadedConfig | undefined;
  readonly host: string;
  readonly port: number;
  /** What a gateway says that runs there already. */
  readonly running: { readonly status: Status; readonly tools: readonly Tool[] } | undefined;
}

/** One thing to look at. Finds something to say in any case, if only that all is well. */
export interface Check {
  readonly name: string;
  run(patient: Patient): Promise<readonly Finding[]>;
}
