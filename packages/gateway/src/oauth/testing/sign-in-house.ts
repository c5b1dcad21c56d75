// A gateway in front of a guarded service, and a person who signs it in.
import { fetchSender } from "@shardgate/mcp-wire";
import { expect, onTestFinished } from "vitest";
import { DEFAULT_CONFIG } from "../../config/schema.ts";
import { createHouse } from "../../house.ts";
import type { UpstreamReport } from "../../registry/report.ts";
import { memoryLogger } from "../../testing/calls.ts";
import { FakeTimers } from "../../testing/fake-timers.ts";
import { upstreamOptionsSchema, type UpstreamDefinition } from "../../upstreams/index.ts";
import { type Behaviour, guardedService, SERVICE } from "./guarded-service.ts";

export const ADMIN = "the admin token";
export const HERE = "http://localhost:9100";

export interface SignInHouseOptions {
  readonly behaviour?: Behaviour;
  readonly oauth?: unknown;
  /** It wants nobody to sign in. */
  readonly isOpen?: boolean;
  readonly name?: string;
  readonly stateDir?: string;
  readonly service?: ReturnType<typeof guardedService>;
}

/** A gateway in front of a service that asks who calls it. */
export async function signInHouse({
  behaviour,
  oauth = true,
  isOpen = false,
  name = "notes",
  stateDir,
  service = guardedService(behaviour),
}: SignInHouseOptions = {}) {
  const timers = new FakeTimers();
  const logger = memoryLogger();
  const define = (more: object = {}): UpstreamDefinition => ({
    id: name,
    name,
    options: upstreamOptionsSchema.parse({
      kind: "mcp-http",
      url: `${SERVICE}/mcp`,
      ...(!isOpen && { oauth }),
      ...more,
    }),
  });
  let emit: (definitions: readonly UpstreamDefinition[]) => void = () => undefined;
  const gateway = createHouse({
    config: DEFAULT_CONFIG,
    providers: [
      {
        name: "test",
        watch: async (take) => {
          emit = take;
          take([define()]);
        },
      },
    ],
    logger,
    timers,
    adminToken: () => ADMIN,
    ...(stateDir !== undefined && { programs: { env: {}, pid: 1, stateDir } }),
    createSender: (origin) => fetchSender(origin, service.fetch),
    fetch: service.fetch,
  });
  onTestFinished(() => gateway.close());
  const ask = (path: string, init: RequestInit = {}): Promise<Response> =>
    gateway.app.fetch(new Request(HERE + path, { ...init, headers: { host: "localhost:9100", ...init.headers } }));
  const settled = async (): Promise<UpstreamReport> => {
    const look = (): UpstreamReport => gateway.gateway.status().upstreams[0] as UpstreamReport;
    for (let turn = 0; turn < 30 || (turn < 5_000 && look().state === "starting"); turn++) {
      await new Promise(setImmediate);
      // What is read from a disk takes its own time.
      if (turn < 30) await timers.advance(20);
    }
    await timers.advance(20);
    return look();
  };
  const login = async (query = ""): Promise<{ status: number; page?: string; error?: string }> => {
    const headers = { authorization: `Bearer ${ADMIN}` };
    const answer = await ask(`/admin/login?upstream=${name}${query}`, { method: "POST", headers });
    return { status: answer.status, ...((await answer.json()) as object) };
  };
  const comeBack = async (address: string): Promise<{ status: number; text: string }> => {
    const { pathname, search } = new URL(address);
    const answer = await ask(pathname + search);
    return { status: answer.status, text: await answer.text() };
  };
  const signIn = async (): Promise<UpstreamReport> => {
    const { page = "" } = await login();
    expect(await comeBack(service.agree(page))).toMatchObject({ status: 200 });
    return await settled();
  };
  const call = async (): Promise<string> => {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: `${name}__read` } });
    const headers = { "content-type": "application/json", accept: "application/json, text/event-stream" };
    const answer = await ask("/mcp", { method: "POST", headers, body });
    const { result, error } = (await answer.json()) as Record<
      string,
      { content?: { text: string }[]; message?: string }
    >;
    return result?.content?.[0]?.text ?? String(error?.message);
  };
  await gateway.start();
  const upstream = await settled();
  return {
    service,
    timers,
    logger,
    upstream,
    emit: (more: object) => emit([define(more)]),
    ask,
    settled,
    login,
    comeBack,
    signIn,
    call,
  };
}
