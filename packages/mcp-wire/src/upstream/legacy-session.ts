import type { Cancellation } from "../cancellation.ts";
import { LEGACY_VERSIONS } from "../eras.ts";
import type { ServerDescription } from "../exchange.ts";
import type { Answer } from "../http/answer-sink.ts";
import type { HttpLink } from "../http/http-link.ts";
import { memberOf } from "../json/edit.ts";
import { Message } from "../message.ts";
import { UpstreamError } from "../upstream-error.ts";
import type { ClientDescription } from "../sessions.ts";

/** One session with a legacy upstream, from `initialize` to DELETE; also stands for an upstream that keeps none. */
export class LegacySession {
  /** The id the upstream gave; undefined where it keeps no sessions. */
  readonly id: string | undefined;
  readonly version: string;
  readonly description: ServerDescription;
  /** Headers that every further request of the session carries. */
  readonly headers: readonly string[];
  readonly #link: HttpLink;

  constructor(link: HttpLink, id: string | undefined, version: string, description: ServerDescription) {
    this.#link = link;
    this.id = id;
    this.version = version;
    this.description = description;
    this.headers = ["MCP-Protocol-Version", version, ...(id === undefined ? [] : ["Mcp-Session-Id", id])];
  }

  /** @throws UpstreamError */
  post(
    message: Message,
    cancellation: Cancellation | undefined,
    onMessage: ((message: Message) => void) | undefined,
  ): Promise<Answer> {
    const hasSession = this.id !== undefined;
    return this.#link.post(message, {
      headers: this.headers,
      hasSession,
      cancellation,
      ...(onMessage && { onMessage }),
    });
  }

  close(): void {
    if (this.id !== undefined) this.#link.delete(this.headers);
  }
}

/**
 * Shakes hands as a legacy client (2025-11-25 basic/lifecycle).
 *
 * @param version the revision to ask for
 * @throws UpstreamError when the upstream does not answer, refuses, or speaks no revision of ours
 */
export async function openLegacySession(
  link: HttpLink,
  client: ClientDescription,
  version: string,
  cancellation: Cancellation | undefined,
): Promise<LegacySession> {
  const params = {
    protocolVersion: version,
    capabilities: client.capabilities,
    clientInfo: client.clientInfo ?? ANONYMOUS,
  };
  const initialize = Message.of({ id: "sg-initialize", method: "initialize", params });
  const { response, header } = await link.post(initialize, { headers: [], cancellation });
  if (response === undefined || response.isError || response.outcome[0] !== 0x7b) {
    const answer = response === undefined ? "202" : response.outcome.toString().slice(0, 200);
    throw new UpstreamError("protocol", `it refuses initialize: ${answer}`, { sent: true });
  }
  const agreed = textOf(response.outcome, "protocolVersion");
  if (!(LEGACY_VERSIONS as readonly (string | undefined)[]).includes(agreed)) {
    throw new UpstreamError("protocol", `it speaks protocol version ${agreed}, which we do not`, { sent: true });
  }
  const session = new LegacySession(link, header("mcp-session-id"), agreed as string, descriptionOf(response.outcome));
  await session.post(Message.of({ method: "notifications/initialized" }), cancellation, undefined);
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
