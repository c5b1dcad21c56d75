// How a gateway with programs comes up, seen from outside: when it answers, and when it shows each of them as up.
import { setTimeout as sleep } from "node:timers/promises";
import type { Program, Stage, StdioProgram } from "./programs.ts";

/** Times in milliseconds from the start of the gateway's process. */
export interface HouseStart {
  readonly gateway: Program;
  /** The first answers. */
  readonly livez: number;
  readonly health: number;
  readonly toolsList: number;
  /** When tools were listed: those of an earlier run, before their programs are up. */
  readonly toolsListed: number;
  /** When each was shown as up, in that order. */
  readonly shown: ReadonlyMap<string, number>;
}

/** Each look costs a little of what is measured. */
const POLL_MS = 50;
const PATIENCE_MS = 180_000;

/** Starts a gateway and waits until every one of its programs is shown as up. @throws Error when one is not in time */
export async function startHouse(stage: Stage, upstreams: Readonly<Record<string, StdioProgram>>): Promise<HouseStart> {
  const started = performance.now();
  const since = (): number => performance.now() - started;
  const gateway = await stage.gateway({ upstreams, until: "live" });
  const livez = since();
  const url = `http://127.0.0.1:${gateway.port}`;
  const shown = new Map<string, number>();
  const look = async (): Promise<void> => {
    const { upstreams: all } = (await (await fetch(`${url}/health`)).json()) as {
      readonly upstreams: readonly { readonly name: string; readonly state: string }[];
    };
    for (const { name, state } of all) if (state === "up" && !shown.has(name)) shown.set(name, since());
  };
  await look();
  const health = since();
  await listsTools(url);
  const toolsList = since();
  let toolsListed: number | undefined;
  for (const wanted = Object.keys(upstreams); shown.size < wanted.length; await sleep(POLL_MS)) {
    await look();
    if (toolsListed === undefined && (await listsTools(url))) toolsListed = since();
    const missing = wanted.filter((name) => !shown.has(name)).join(", ");
    if (missing !== "" && since() > PATIENCE_MS) throw new Error(`not up after ${PATIENCE_MS / 1000} s: ${missing}`);
  }
  return { gateway, livez, health, toolsList, toolsListed: toolsListed ?? since(), shown };
}

async function listsTools(url: string): Promise<boolean> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" });
  const headers = { "Content-Type": "application/json", Accept: "application/json, text/event-stream" };
  const answer = await fetch(`${url}/mcp`, { method: "POST", headers, body });
  const { result } = (await answer.json()) as { readonly result: { readonly tools: readonly unknown[] } };
  return result.tools.length > 0;
}
