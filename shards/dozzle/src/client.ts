import { ToolError } from "@shardgate/shard-sdk";
import { createHttpClient, type Fetch, type HttpClient } from "@shardgate/shard-sdk/http";
import * as z from "zod";
import type { Settings } from "./config.ts";

const containerSchema = z.object({
  id: z.string(),
  name: z.string(),
  host: z.string(),
  image: z.string(),
  state: z.string(),
  health: z.string().optional(),
  startedAt: z.string().optional(),
});

/** A container as Dozzle sees it. */
export type Container = z.output<typeof containerSchema>;

/** One line of a log: its time in milliseconds, and a text, or what was JSON. */
const lineSchema = z.looseObject({ ts: z.number(), m: z.unknown(), l: z.string().default("") });
export type LogLine = z.output<typeof lineSchema>;

export interface LogRange {
  readonly from: Date;
  readonly to: Date;
  /** Dozzle looks further back until it has so many. */
  readonly lines: number;
}

/** Dozzle's API, as far as the tools need it (its routes: internal/web/routes.go). */
export interface Client extends HttpClient {
  /** Throws when Dozzle does not answer, or answers that it is broken; part of the shard's health. */
  check(signal: AbortSignal): Promise<void>;
  containers(signal: AbortSignal): Promise<readonly Container[]>;
  logs(container: Container, range: LogRange, signal: AbortSignal): Promise<readonly LogLine[]>;
}

/** Dozzle leaves out what has a level that is not asked for. */
const LEVELS = ["info", "debug", "warn", "error", "fatal", "trace", "unknown"];

export function createClient({ DOZZLE_URL, DOZZLE_TOKEN }: Settings, fetch?: Fetch): Client {
  const http = createHttpClient({
    name: "Dozzle",
    baseUrl: DOZZLE_URL,
    setting: "DOZZLE_URL",
    headers: DOZZLE_TOKEN === undefined ? {} : { authorization: `Bearer ${DOZZLE_TOKEN}` },
    timeout: 10_000,
    maxBytes: 4 * 1024 * 1024,
    fetch,
  });
  return {
    ...http,
    async check(signal) {
      const { status } = await http.send("/healthcheck", { signal });
      if (status >= 500) throw new Error(`Dozzle answers HTTP ${status}; its own log says why`);
    },
    async containers(signal) {
      // The list is the first event of a stream that never ends.
      let isList = false;
      for await (const line of http.lines("/api/events/stream", { signal })) {
        if (line.startsWith("event:")) isList = line.includes("containers-changed");
        if (isList && line.startsWith("data:")) return parse(z.array(containerSchema), line.slice("data:".length));
      }
      throw new ToolError("Dozzle ended its stream of events before it listed its containers.");
    },
    async logs({ host, id }, { from, to, lines }, signal) {
      const path = `/api/hosts/${encodeURIComponent(host)}/containers/${encodeURIComponent(id)}/logs`;
      const range = { from: from.toISOString(), to: to.toISOString(), min: lines, minimum: lines };
      const query = { stdout: 1, stderr: 1, levels: LEVELS, ...range };
      const text = await http.text(path, { query, signal });
      return text
        .split("\n")
        .filter(Boolean)
        .map((line) => parse(lineSchema, line));
    },
  };
}

function parse<S extends z.ZodType>(schema: S, text: string): z.output<S> {
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    throw new ToolError("Dozzle answered with something else than expected.", {
      next: "Its version may be another than this shard knows (8 and newer).",
      cause: error,
    });
  }
}
