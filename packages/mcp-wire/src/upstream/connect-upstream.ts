import type { Cancellation } from "../cancellation.ts";
import { type Era, LATEST_LEGACY, LATEST_MODERN, MetaKey } from "../eras.ts";
import { errorOfStatus } from "../http/answer-sink.ts";
import { memberOf } from "../json/edit.ts";
import type { Link } from "../link.ts";
import type { Message } from "../message.ts";
import { UpstreamError } from "../upstream-error.ts";
import { RpcCode } from "../wire-error.ts";
import { LegacyClient } from "./legacy-client.ts";
import { descriptionOf, openLegacySession } from "./legacy-session.ts";
import { headersOf, modernRequest, ModernClient } from "./modern-client.ts";
import type { UpstreamClient } from "./upstream-client.ts";

export interface ConnectOptions {
  /** Its era, where that is known from an earlier time: it is not asked again. */
  readonly era?: Era | undefined;
  /** What the one downstream it is for can be asked; where one connection serves all, everything. */
  readonly capabilities?: Readonly<Record<string, unknown>> | undefined;
  /** How long, in milliseconds, an upstream on a pipe may leave our question for its era unanswered. */
  readonly probeMs?: number;
}

/** Servers take seconds to start; the few that never answer what they do not know are remembered, so they pay this once. */
const PROBE_MS = 5_000;

/**
 * Shakes hands with an upstream of either era: asks as a modern client first and goes back to `initialize` where the
 * answer shows a legacy server (2026-07-28 basic/versioning). Refused credentials, an overload or a broken connection say
 * nothing about the era and are errors.
 *
 * @throws UpstreamError
 */
export async function connectUpstream(
  link: Link,
  clientInfo: object,
  cancellation: Cancellation,
  { era, capabilities, probeMs = PROBE_MS }: ConnectOptions = {},
): Promise<UpstreamClient> {
  const connectLegacy = async (): Promise<UpstreamClient> => {
    const client = { clientInfo, capabilities: capabilities ?? (link.isShared ? ASKABLE : {}) };
    return new LegacyClient(link, client, await openLegacySession(link, client, LATEST_LEGACY, cancellation));
  };
  if (era === "legacy") return await connectLegacy();
  const modern = connectModern(link, clientInfo, cancellation);
  // Over HTTP every question has an answer; on a pipe some servers leave out what they do not know.
  const isSilent = link.isShared && (await isPending(modern, probeMs));
  if (!isSilent) return (await modern) ?? (await connectLegacy());
  try {
    return await connectLegacy();
  } catch (error) {
    // Slow, not silent: what refuses `initialize` may still answer the first question.
    const late = await modern.catch(() => undefined);
    if (late !== undefined) return late;
    throw error;
  }
}

/** @returns undefined where the upstream is a legacy server */
async function connectModern(
  link: Link,
  clientInfo: object,
  cancellation: Cancellation,
): Promise<UpstreamClient | undefined> {
  const result = await discover(link, clientInfo, cancellation);
  if (result === undefined) return undefined;
  const meta = memberOf(result, "_meta");
  const serverInfo = meta && memberOf(meta, MetaKey.serverInfo);
  return new ModernClient(link, clientInfo, descriptionOf(result, serverInfo ?? memberOf(result, "serverInfo")));
}

/** True where `work` is not done after `ms`. */
async function isPending(work: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(true), ms);
  });
  const done = work.then(
    () => false,
    () => false,
  );
  const pending = await Promise.race([done, late]);
  clearTimeout(timer);
  return pending;
}

/** What an upstream may ask for where one connection serves all: it reaches the downstream it asks, or is declined. */
const ASKABLE = { sampling: {}, elicitation: { form: {}, url: {} }, roots: {} };

/**
 * The result of `server/discover`; undefined where the upstream is a legacy server.
 *
 * @param id of the request; one that is refused for its revision, though the upstream says that it speaks it, is sent once more
 */
async function discover(
  link: Link,
  clientInfo: object,
  cancellation: Cancellation,
  id = 0,
): Promise<Buffer | undefined> {
  const message = modernRequest(id, "server/discover", {}, clientInfo);
  let response: Message | undefined;
  let status: number;
  try {
    ({ response, status } = await link.post(message, { headers: headersOf(message, LATEST_MODERN, []), cancellation }));
  } catch (error) {
    // A 4xx without a JSON-RPC error of the modern era is how a legacy server says that it does not understand.
    if (error instanceof UpstreamError && error.failure === "protocol" && (error.status ?? 0) >= 400) return undefined;
    throw error;
  }
  if (status >= 400 && errorOfStatus(status).failure !== "protocol") throw errorOfStatus(status);
  if (response === undefined || response.outcome[0] !== 0x7b) return undefined;
  if (response.isError) {
    const isFinal = id > 0 || !supportedIn(response.outcome).includes(LATEST_MODERN);
    return isFinal ? undefined : await discover(link, clientInfo, cancellation, id + 1);
  }
  return listOf(response.outcome, "supportedVersions").includes(LATEST_MODERN) ? response.outcome : undefined;
}

/** Revisions that an upstream says it speaks when it refuses ours (2026-07-28 basic/versioning); none for another error. */
function supportedIn(error: Buffer): readonly unknown[] {
  if (memberOf(error, "code")?.toString() !== String(RpcCode.unsupportedVersion)) return [];
  const data = memberOf(error, "data");
  return data?.[0] === 0x7b ? listOf(data, "supported") : [];
}

function listOf(object: Buffer, member: string): readonly unknown[] {
  const list = JSON.parse(memberOf(object, member)?.toString() ?? "[]") as unknown;
  return Array.isArray(list) ? list : [];
}
