import type { HttpReply, HttpRequest } from "@shardgate/mcp-wire";

/** A protocol offered to downstreams over HTTP. Never opens a port: `app.ts` mounts it. */
export interface Front {
  readonly name: string;
  /** Paths it serves, in Hono's notation. */
  readonly paths: readonly string[];
  /** Serves one request; `params` are those of the path. */
  handle(request: HttpRequest, reply: HttpReply, params: Readonly<Record<string, string>>): void;
  /** Calls under way. */
  readonly active: number;
  /** Called every few seconds, for what has to happen in time. */
  tick(): void;
  /** Ends streams that would go on for ever; calls under way finish. */
  drain(): void;
  close(): void;
}
