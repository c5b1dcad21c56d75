import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { leaseSchema, type Announcement, type Lease } from "@shardgate/contract";
import type { Log } from "./log.ts";

/** How long one announcement may take, in milliseconds. */
const PATIENCE = 5000;
/** How long the withdrawal may keep a shard from stopping. */
const WITHDRAWAL_PATIENCE = 2000;
/** Pauses after announcements that failed; the last one repeats. */
const PAUSES = [1000, 2000, 5000, 10_000] as const;
/** The same where waiting helps less: the gateway answered, and refused. */
const REFUSED_PAUSE = 10_000;
/** Never more often than this, whatever the gateway says. */
const SHORTEST = 500;
const ANSWER_LIMIT = 16 * 1024;

export interface AnnounceOptions {
  readonly name: string;
  /** Address of the gateway, `http://gateway:9100`. */
  readonly gateway: string;
  readonly token: string;
  /** The shard's own address as the gateway reaches it. */
  readonly url: () => Promise<string>;
  readonly log: Log;
  /** Default: the global `fetch`. */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
  /** Waits for milliseconds, or rejects when the signal aborts. */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<unknown>;
  /** From 0 up to 1. */
  readonly random?: () => number;
}

/** The gateway answered that it does not take the announcement. */
class Refused extends Error {}

/**
 * Keeps a shard registered at a gateway, from now until `stop`, which withdraws it: announces it, and again when a part of
 * the lease is over, sooner or later by up to a fifth, so that many shards do not fall together. What goes wrong is tried
 * again for ever and told in the log once, so a shard may start before its gateway.
 */
export function announce(options: AnnounceOptions): { stop(): Promise<void> } {
  const { name, gateway, log, url, random = Math.random } = options;
  const wait = options.wait ?? ((ms, signal) => delay(ms, undefined, { signal, ref: false }));
  const instance = randomBytes(12).toString("base64url");
  const stopping = new AbortController();
  let lastUrl: string | undefined;
  let problem: string | undefined;
  let isTold = false;

  async function once(): Promise<number> {
    lastUrl = await url();
    const within = AbortSignal.any([stopping.signal, AbortSignal.timeout(PATIENCE)]);
    const { lease_s, renew_s } = await post({ name, url: lastUrl, instance }, options, within);
    if (problem !== undefined || !isTold)
      log.info({ gateway, url: lastUrl, lease_s }, `${name} is announced to ${gateway}`);
    isTold = true;
    problem = undefined;
    return Math.max(SHORTEST, renew_s * 1000);
  }

  async function run(): Promise<void> {
    for (let failures = 0; !stopping.signal.aborted;) {
      let pause: number;
      try {
        pause = await once();
        failures = 0;
      } catch (error) {
        if (stopping.signal.aborted) return;
        const message = (error as Error).message;
        if (message !== problem) log.warn({ gateway, reason: message }, `${name} is not announced; it goes on trying`);
        problem = message;
        pause = error instanceof Refused ? REFUSED_PAUSE : (PAUSES[Math.min(failures++, PAUSES.length - 1)] as number);
      }
      await wait(pause * (0.8 + 0.4 * random()), stopping.signal).catch(() => {
        // Only the stop ends it early, and the loop sees that.
      });
    }
  }

  const running = run();
  return {
    async stop() {
      stopping.abort();
      await running;
      if (lastUrl === undefined) return;
      try {
        await post({ name, url: lastUrl, instance, lease_s: 0 }, options, AbortSignal.timeout(WITHDRAWAL_PATIENCE));
      } catch (error) {
        log.debug({ gateway, reason: (error as Error).message }, "not withdrawn; the lease ends by itself");
      }
    },
  };
}

/** @throws Error with what went wrong and what to do; Refused where the gateway said no */
async function post(announcement: Announcement, options: AnnounceOptions, signal: AbortSignal): Promise<Lease> {
  const { gateway, token, fetch: send = fetch } = options;
  let response: Response;
  try {
    response = await send(new URL("announce", `${gateway.replace(/\/+$/, "")}/`).href, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
      body: JSON.stringify(announcement),
      redirect: "error",
      signal,
    });
  } catch (error) {
    const { name, message, cause } = error as Error & { cause?: { code?: string; message?: string } };
    const reason = name === "TimeoutError" ? "no answer in time" : (cause?.code ?? cause?.message ?? message);
    throw new Error(`the gateway at ${gateway} cannot be reached (${reason}); is GATEWAY_URL right?`, { cause: error });
  }
  const text = (await response.text()).slice(0, ANSWER_LIMIT);
  if (response.status === 404) {
    throw new Refused(`the gateway at ${gateway} takes no announcements; set providers.announce in its configuration`);
  }
  const body = json(text) as { error?: unknown } | undefined;
  if (!response.ok)
    throw new Refused(typeof body?.error === "string" ? body.error : `it answers HTTP ${response.status}`);
  const lease = leaseSchema.safeParse(body);
  if (!lease.success) throw new Refused(`what answers at ${gateway} is no gateway`);
  return lease.data;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Address under which a gateway reaches what listens at `listening`: the same, unless that is all addresses of the machine;
 * then the one that this machine has on the way to the gateway.
 *
 * @throws Error when there is no way to the gateway
 */
export async function addressFor(gateway: string, listening: string): Promise<string> {
  const { hostname, port } = new URL(listening);
  if (hostname !== "0.0.0.0" && hostname !== "[::]") return listening;
  return `http://${await addressToward(gateway)}:${port}`;
}

function addressToward(url: string): Promise<string> {
  const { hostname, port, protocol } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: hostname.replace(/^\[|\]$/g, ""),
      port: Number(port || (protocol === "https:" ? 443 : 80)),
      timeout: PATIENCE,
    });
    const fail = (reason: string): void => {
      socket.destroy();
      reject(new Error(`the gateway at ${url} cannot be reached (${reason}); is GATEWAY_URL right?`));
    };
    socket.on("connect", () => {
      const address = socket.localAddress?.replace(/^::ffff:/, "") ?? "127.0.0.1";
      socket.destroy();
      resolve(address.includes(":") ? `[${address.replace(/%.*$/, "")}]` : address);
    });
    socket.on("timeout", () => fail("no answer in time"));
    socket.on("error", (error: NodeJS.ErrnoException) => fail(error.code ?? error.message));
  });
}
