import type { Cancellation } from "../cancellation.ts";
import { LEGACY_VERSIONS } from "../eras.ts";
import type { ServerDescription } from "../exchange.ts";
import { memberOf } from "../json/edit.ts";
import type { Answer, Envelope, Link, PostOptions } from "../link.ts";
import { Message } from "../message.ts";
import { UpstreamError } from "../upstream-error.ts";
import type { ClientDescription } from "../sessions.ts";

/** What goes with a message besides what the session says. */
export type SessionPostOptions = Omit<PostOptions, "headers" | "session">;

/** One session with a legacy upstream, from `initialize` to its end; also stands for an upstream that keeps none. */
export class LegacySession {
  /** The id the upstream gave; undefined where it keeps no sessions. */
  readonly id: string | undefined;
  readonly version: string;
  readonly description: ServerDescription;
  /** What every further message of the session goes with. */
  readonly envelope: Envelope;
  readonly #link: Link;

  constructor(link: Link, id: string | undefined, version: string, description: ServerDescription) {
    this.#link = link;
    this.id = id;
    this.version = version;
    this.description = description;
    this.envelope = { headers: ["MCP-Protocol-Version", version], session: id };
  }

  /** @throws UpstreamError */
  post(message: Message, options?: SessionPostOptions): Promise<Answer> {
    return this.#link.post(message, { ...this.envelope, ...options });
  }

  close(): void {
    if (this.id !== undefined) this.#link.endSession(this.envelope);
  }
}

/**
 * Shakes hands as a legacy client (2025-11-25 basic/lifecycle).
 *
 * @param version the revision to ask for
 * @throws UpstreamError when the upstream does not answer, refuses, or speaks no revision of ours
 */
export async function openLegacySession(
  link: Link,
  client: ClientDescription,
  version: string,
  cancellation: Cancellation | undefined,
  passedHeaders?: readonly string[],
): Promise<LegacySession> {
  const params = {
    protocolVersion: version,
    capabilities: client.capabilities,
    clientInfo: client.clientInfo ?? ANONYMOUS,
  };
  const initialize = Message.of({ id: "sg-initialize", method: "initialize", params });
  const { response, session: id } = await link.post(initialize, { headers: [], passedHeaders, cancellation });
  if (response === undefined || response.isError || response.outcome[0] !== 0x7b) {
    const answer = response === undefined ? "202" : response.outcome.toString().slice(0, 200);
    throw new UpstreamError("protocol", `it refuses initialize: ${answer}`, { sent: true });
  }
  const agreed = textOf(response.outcome, "protocolVersion");
  if (!(LEGACY_VERSIONS as readonly (string | undefined)[]).includes(agreed)) {
    throw new UpstreamError("protocol", `it speaks protocol version ${agreed}, which we do not`, { sent: true });
  }
  const session = new LegacySession(link, id, agreed as string, descriptionOf(response.outcome));
  await session.post(Message.of({ method: "notifications/initialized" }), { cancellation, passedHeaders });
  return session;
}

const ANONYMOUS = { name: "shardgate", version: "0" };

/** What a server says of itself in its `initialize` or `server/discover` result. */
export function descriptionOf(result: Buffer, serverInfo = memberOf(result, "serverInfo")): ServerDescription {
  return {
    serverInfo: serverInfo?.toString() ?? '{"name":"unnamed","version":"0"}',
    capabilities: memberOf(result, "capabilities")?.toString() ?? "{}",
    instructions: textOf(result, "instructions"),
  };
}

function textOf(object: Buffer, key: string): string | undefined {
  const value = memberOf(object, key);
  return value !== undefined && value[0] === 0x22 ? (JSON.parse(value.toString()) as string) : undefined;
}
