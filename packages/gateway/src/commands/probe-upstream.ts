import { Cancellation } from "@shardgate/mcp-wire";
import { createUpstream, type UpstreamDefinition } from "../upstreams/index.ts";
import { ProgramHost } from "../upstreams/stdio/program-host.ts";
import { DEFAULT_CONFIG } from "../config/schema.ts";
import { SignIns } from "../oauth/sign-ins.ts";
import { systemTimers } from "../system-timers.ts";
import { cacheDirOf, stateDirOf } from "./settings.ts";
import { VERSION } from "../version.ts";
import type { Io } from "./command.ts";

/** How long one upstream may take, in milliseconds: a wrapper may have to fetch its program first. */
const TIMEOUT_MS = 30_000;

/** What is wrong with a sign-in is the result of the attempt. */
const QUIET = { info: () => undefined, warn: () => undefined };

/** What came of an attempt to reach an upstream. */
export interface Probe {
  readonly name: string;
  readonly tools: number;
  readonly ms: number;
  /** Undefined where it was reached. */
  readonly error: string | undefined;
}

/** Reaches one upstream as the gateway would, asks for its tools, and leaves it. */
export async function probeUpstream({ id, name = id, options }: UpstreamDefinition, io: Io): Promise<Probe> {
  const cancellation = new Cancellation();
  const timer = setTimeout(() => cancellation.cancel(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)), TIMEOUT_MS);
  const end = (): void => cancellation.cancel(new Error("interrupted"));
  io.signal.addEventListener("abort", end, { once: true });
  const started = performance.now();
  const programs = new ProgramHost({ env: io.env, pid: io.pid, cacheDir: cacheDirOf(io) });
  const { upstream } = createUpstream(options, {
    name,
    signIns: new SignIns({
      fetch: io.fetch,
      timers: systemTimers,
      logger: QUIET,
      stateDir: stateDirOf(DEFAULT_CONFIG, io),
    }),
    createSender: io.createSender,
    programs,
    clientInfo: { name: "shardgate-check", version: VERSION },
  });
  try {
    const { lists } = await upstream.connect(cancellation);
    return { name, tools: lists.tools.length, ms: Math.round(performance.now() - started), error: undefined };
  } catch (error) {
    return { name, tools: 0, ms: Math.round(performance.now() - started), error: (error as Error).message };
  } finally {
    clearTimeout(timer);
    io.signal.removeEventListener("abort", end);
    await upstream.close();
    programs.close();
  }
}
