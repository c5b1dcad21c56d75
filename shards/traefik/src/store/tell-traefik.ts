import { ToolError } from "@shardgate/shard-sdk";
import { execFile } from "node:child_process";
import type { Settings } from "../settings.ts";
import type { RouteStore } from "./route-store.ts";

/** Makes Traefik load its files; returns what was done, one phrase each. */
export type TellTraefik = () => Promise<readonly string[]>;

/** Longest run of the operator's command or webhook, in ms. */
const TIMEOUT = 10_000;

/**
 * Tells Traefik by the folder's times and, where no event crosses machines (NFS), by the operator's own command or
 * webhook. Nothing of a caller gets into either.
 *
 * @throws ToolError when a way fails
 */
export function createTeller(
  store: Pick<RouteStore, "poke">,
  settings: Settings,
  request: typeof fetch = fetch,
): TellTraefik {
  const { RELOAD_STRATEGY: strategy, RELOAD_COMMAND: command, RELOAD_WEBHOOK: webhook } = settings;
  return async () => {
    if (strategy === "none") return [];
    const done: string[] = [];
    // With a second way, a folder that cannot be touched is no reason to stop.
    const touched = await store.poke().then(
      () => undefined,
      (error: unknown) => error,
    );
    if (touched === undefined) done.push("touched the folder");
    else if (strategy === "touch") throw touched;
    if (strategy === "command" && command !== undefined) {
      await run(command);
      done.push(`ran ${command[0]}`);
    }
    if (strategy === "webhook" && webhook !== undefined) {
      await post(webhook, request);
      done.push("called the webhook");
    }
    return done;
  };
}

function run([program, ...args]: readonly string[]): Promise<void> {
  return new Promise((done, fail) => {
    execFile(program as string, args, { timeout: TIMEOUT, windowsHide: true }, (error) => {
      if (error === null) return done();
      fail(
        new ToolError(`The reload command failed: ${error.message.split("\n", 1)[0]}.`, {
          next: "Correct RELOAD_COMMAND; the route files themselves are written.",
          cause: error,
        }),
      );
    });
  });
}

async function post(url: string, request: typeof fetch): Promise<void> {
  let status: number;
  try {
    const response = await request(url, { method: "POST", redirect: "error", signal: AbortSignal.timeout(TIMEOUT) });
    await response.body?.cancel();
    status = response.status;
  } catch (error) {
    throw new ToolError(`The reload webhook does not answer: ${(error as Error).message}.`, {
      next: "Correct RELOAD_WEBHOOK; the route files themselves are written.",
      cause: error,
    });
  }
  if (status >= 400)
    throw new ToolError(`The reload webhook answered ${status}.`, {
      next: "Look at what serves RELOAD_WEBHOOK; the route files themselves are written.",
    });
}
