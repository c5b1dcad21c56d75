import type { HttpReply, HttpRequest } from "@shardgate/mcp-wire";

/** Serves one request; every outcome goes to `reply`. */
export type Handler = (request: HttpRequest, reply: HttpReply) => void;

/** A protocol offered to downstreams over HTTP. Never opens a port: `app.ts` mounts it. */
export interface Front {
  readonly name: string;
  /** True where the front itself asks for the key, because not all of it needs one; else nobody gets to it without. */
  readonly isGuarded?: boolean;
  /** How to serve a path; undefined where it is not this front's. */
  route(path: string): Handler | undefined;
  /** Calls under way. */
  readonly active: number;
  /** Called every few seconds, for what has to happen in time. */
  tick(): void;
  /** Ends streams that would go on for ever and opens no more; calls under way finish. */
  drain(): void;
  /** Ends everything; a call that is still under way is answered with an error. */
  close(): void;
}
