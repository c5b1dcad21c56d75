import { performance } from "node:perf_hooks";
import { headerOf, openConnection, type Answer, type HttpConnection } from "./http-connection.ts";
import { openSseConnection } from "./sse-connection.ts";
import { callRequest, initializedNotification, initializeRequest, type CallRequest, type Target } from "./requests.ts";

/** A closed loop: every client sends its next call when it has the answer to the last. Times in milliseconds. */
export interface Load {
  readonly target: Target;
  readonly clients: number;
  /** Legacy sessions, spread over the clients (fewer than clients: shared by them); default: one per client. */
  readonly sessions?: number;
  readonly warmUp: number;
  readonly duration: number;
}

export interface LoadResult {
  readonly calls: number;
  readonly seconds: number;
  /** Microseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Answers that were no result of the call they belong to, and broken connections; the first one in words. */
  readonly errors: number;
  readonly firstError?: string;
}

/** Puts the load on its target; `onWarm` is called when measuring begins. Throws when a session cannot be had. */
export async function runLoad(load: Load, onWarm: () => void): Promise<LoadResult> {
  const { port, path, isSse = false } = load.target;
  const open = (): Promise<HttpConnection> => (isSse ? openSseConnection(port, path) : openConnection(port));
  const connections = await Promise.all(Array.from({ length: load.clients }, open));
  const callers = await callersOf(load, connections);
  const tally = createTally();
  const { isPlain = false } = load.target;
  const running = connections.map((connection, index) => callInTurn(connection, callers[index]!, tally, isPlain));
  await new Promise((done) => setTimeout(done, load.warmUp));
  tally.start();
  onWarm();
  await new Promise((done) => setTimeout(done, load.duration));
  tally.stop();
  await Promise.all(running);
  for (const connection of connections) connection.close();
  return tally.result();
}

/** For each connection the calls that it sends in turn: one per session of its own. */
async function callersOf({ target, clients, sessions = clients }: Load, connections: readonly HttpConnection[]) {
  if (target.era === "modern" || target.isPlain === true)
    return connections.map((_, index) => [callRequest(target, index)]);
  const opening = connections.map(async (connection, index) => {
    const own: (string | undefined)[] = [];
    const to = aimed(target, connection);
    for (let count = index; count < sessions; count += clients) own.push(await openSession(to, connection));
    return own;
  });
  const opened = await Promise.all(opening);
  let caller = 0;
  return connections.map((connection, index) => {
    const own = index < sessions ? opened[index]! : opened[index % sessions]!;
    return own.map((session) => callRequest(aimed(target, connection), caller++, session));
  });
}

/** Where requests of a connection go: with an event stream, where that says. */
function aimed(target: Target, { path = target.path }: HttpConnection): Target {
  return { ...target, path };
}

async function openSession(target: Target, connection: HttpConnection): Promise<string | undefined> {
  const answer = await ask(connection, initializeRequest(target));
  if (answer.status !== 200)
    throw new Error(`initialize at ${target.path}: ${answer.status} ${answer.body.slice(0, 300)}`);
  const session = headerOf(answer.head, "mcp-session-id");
  await ask(connection, initializedNotification(target, session));
  return session;
}

function ask(connection: HttpConnection, request: Buffer): Promise<Answer> {
  return new Promise((done, fail) => {
    connection.exchange(request, (answer) => (answer instanceof Error ? fail(answer) : done(answer)));
  });
}

/** Calls until the tally has stopped; ends early when the connection breaks, which the tally counts. */
function callInTurn(
  connection: HttpConnection,
  callers: readonly CallRequest[],
  tally: Tally,
  isPlain: boolean,
): Promise<void> {
  return new Promise((done) => {
    let turn = 0;
    const next = (): void => {
      if (tally.isOver()) return done();
      const caller = callers[turn % callers.length]!;
      turn += 1;
      const expected = caller.next();
      const sentAt = performance.now();
      connection.exchange(caller.bytes, (answer) => {
        if (answer instanceof Error) {
          tally.fail(answer.message);
          return done();
        }
        if (answer.status === 200 && answer.body.includes(expected) && (isPlain || answer.body.includes('"result"')))
          tally.count(sentAt);
        else tally.fail(`${answer.status} ${answer.body.slice(0, 300)}`);
        next();
      });
    };
    next();
  });
}

type Tally = ReturnType<typeof createTally>;

function createTally() {
  const latencies: number[] = [];
  let errors = 0;
  let firstError: string | undefined;
  let startedAt = Number.POSITIVE_INFINITY;
  let stoppedAt = Number.POSITIVE_INFINITY;
  return {
    start: () => void (startedAt = performance.now()),
    stop: () => void (stoppedAt = performance.now()),
    isOver: () => stoppedAt !== Number.POSITIVE_INFINITY,
    count: (sentAt: number) => {
      const now = performance.now();
      if (now >= startedAt && now <= stoppedAt) latencies.push(now - sentAt);
    },
    fail: (why: string) => {
      errors += 1;
      firstError ??= why;
    },
    result: (): LoadResult => {
      const sorted = Float64Array.from(latencies).toSorted();
      const at = (share: number): number =>
        (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) * 1000;
      return {
        calls: sorted.length,
        seconds: (stoppedAt - startedAt) / 1000,
        p50: at(0.5),
        p99: at(0.99),
        errors,
        ...(firstError === undefined ? {} : { firstError }),
      };
    },
  };
}
