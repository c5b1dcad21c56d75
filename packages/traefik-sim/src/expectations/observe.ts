import { mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Case } from "./cases.ts";

/** A Traefik, simulated or real, as the expectations see it. */
export interface Target {
  readonly dynamicDir: string;
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** How many loads have failed so far. */
  failures(): number;
}

/** What a Traefik shows after it was given the files of a case. */
export type Observed =
  | { readonly frozen: true }
  | { readonly frozen: false; readonly views: Readonly<Record<string, unknown>> };

const LISTS = [
  "http/routers",
  "http/services",
  "http/middlewares",
  "tcp/routers",
  "tcp/services",
  "tcp/middlewares",
  "udp/routers",
  "udp/services",
];
const MARK = "observed-generation";

/** Loads a case and reads what the API says of it; the folder is emptied first. */
export async function observe(target: Target, { files }: Case): Promise<Observed> {
  const { dynamicDir } = target;
  await settle(target, {});
  const failed = target.failures();
  const loaded = await settle(target, files);
  if (!loaded) {
    if (target.failures() === failed) throw new Error("neither loaded nor refused within 10 s");
    return { frozen: true };
  }
  const views: Record<string, unknown> = { rawdata: withoutMark(await read(target, "/api/rawdata")) };
  for (const list of LISTS) views[list] = withoutMark(await read(target, `/api/${list}`));
  return {
    frozen: false,
    views: JSON.parse(JSON.stringify(views).replaceAll(dynamicDir, "<dir>")) as Record<string, unknown>,
  };
}

let generation = 0;

/** Replaces what is in the directory and waits until it is loaded (true) or refused (false). */
async function settle(target: Target, files: Readonly<Record<string, string>>): Promise<boolean> {
  const managed = join(target.dynamicDir, "mcp-managed");
  const failed = target.failures();
  for (const name of readdirSync(target.dynamicDir))
    if (name !== "mcp-managed") rmSync(join(target.dynamicDir, name), { recursive: true });
  for (const name of readdirSync(managed)) rmSync(join(managed, name), { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(target.dynamicDir, name)), { recursive: true });
    writeFileSync(join(target.dynamicDir, name), content);
  }
  const mark = `${MARK}-${++generation}`;
  writeFileSync(join(managed, "zz-mark.yaml"), `http: {middlewares: {${mark}: {stripPrefix: {prefixes: [/x]}}}}\n`);
  utimesSync(managed, new Date(), new Date());
  const deadline = Date.now() + 10_000;
  while (Date.now() < deadline) {
    const answer = await target.fetch(`/api/http/middlewares/${mark}@file`);
    await answer.body?.cancel();
    if (answer.ok) return true;
    // Writing the files may have made events of its own, so one failure may stem from a half-written folder: poke again.
    if (target.failures() > failed + 3) return false;
    await sleep(15);
    if (target.failures() > failed) utimesSync(managed, new Date(), new Date());
  }
  return false;
}

async function read(target: Target, path: string): Promise<unknown> {
  const answer = await target.fetch(path);
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
  return answer.json();
}

function withoutMark(view: unknown): unknown {
  if (Array.isArray(view)) return view.filter((item: { name: string }) => !item.name.startsWith(MARK));
  return Object.fromEntries(
    Object.entries(view as Record<string, Record<string, unknown>>).map(([kind, items]) => [
      kind,
      Object.fromEntries(Object.entries(items).filter(([name]) => !name.startsWith(MARK))),
    ]),
  );
}
