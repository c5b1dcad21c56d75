import { ToolError } from "@shardgate/shard-sdk";
import { z } from "zod";
import type { Deps } from "../deps.ts";
import { ownName, providerOf } from "./names.ts";
import { look, lookupIn } from "./prove.ts";
import { isOurs, membersOf } from "./render-route.ts";
import { whyNotLoaded } from "./why-not-loaded.ts";

export const reloadInputSchema = z.object({
  wait: z.boolean().default(true).describe("false: do not wait until Traefik shows all routes."),
});

export const reloadOutputSchema = z.object({
  ok: z.boolean(),
  simulated: z.boolean().describe("true: there is no real Traefik."),
  triggered: z.array(z.string()).describe("How Traefik was told."),
  loaded: z.boolean().describe("Whether Traefik runs every route file of ours as it is."),
  pending_before: z.array(z.string()),
  pending: z.array(z.string()).describe("Routes whose files Traefik has not loaded."),
  stuck_reason: z.string().optional(),
  took_ms: z.number().optional(),
  next_step: z.string(),
});

export type ReloadResult = z.output<typeof reloadOutputSchema>;

/** Makes Traefik load its files, and compares what it runs with our files. Nothing is written, not even to prove it. */
export async function reloadConfig(
  deps: Deps,
  { wait }: z.output<typeof reloadInputSchema>,
  signal?: AbortSignal,
): Promise<ReloadResult> {
  const { client, clock, settings, simulated } = deps;
  const { Version: version } = await client.version(signal);
  if (settings.RELOAD_STRATEGY === "command" && /^[12]\./.test(version)) {
    throw new ToolError(`Traefik ${version} would end on SIGHUP.`, {
      next: "Use Traefik 3, or RELOAD_STRATEGY=touch.",
    });
  }
  const before = await pending(deps, signal);
  const triggered = [...(await deps.tellTraefik())];
  const base = { simulated, triggered, pending_before: before };
  if (!wait)
    return {
      ok: true,
      ...base,
      loaded: before.length === 0,
      pending: before,
      next_step: "Call list_routes to see whether it has loaded.",
    };
  const started = clock.now();
  let left = await pending(deps, signal);
  while (left.length > 0 && clock.now() - started < settings.VERIFY_TIMEOUT_MS) {
    await clock.sleep(200, signal);
    left = await pending(deps, signal);
  }
  const took = { took_ms: clock.now() - started };
  if (left.length === 0) {
    return {
      ok: true,
      ...base,
      ...took,
      loaded: true,
      pending: [],
      next_step: before.length === 0 ? "Traefik had everything already." : `Loaded now: ${before.join(", ")}.`,
    };
  }
  const { reason, fix } = await whyNotLoaded(deps.store);
  return { ok: false, ...base, ...took, loaded: false, pending: left, stuck_reason: reason, next_step: fix };
}

/** Our files that Traefik does not run as they are, and routers of ours that it runs without a file. */
async function pending({ client, store, settings }: Deps, signal?: AbortSignal): Promise<string[]> {
  const running = await client.running(signal);
  const files = (await store.list()).filter(({ text }) => isOurs(text));
  const waiting: string[] = [];
  for (const { name, text } of files) {
    const members = membersOf(text);
    if (members === undefined || (await look(lookupIn(running), members, running)).state !== "loaded")
      waiting.push(name);
  }
  const known = new Set(
    files.flatMap(({ text }) => Object.keys(membersOf(text)?.routers ?? {}).map((name) => ownName(name, running))),
  );
  const ghosts = [running.http, running.tcp, running.udp]
    .flatMap(({ routers }) => Object.keys(routers))
    .filter(
      (name) => name.startsWith(settings.NAME_PREFIX) && providerOf(name) === running.provider && !known.has(name),
    );
  return [...waiting, ...ghosts.map((name) => `${name} (deleted, still served)`)];
}
