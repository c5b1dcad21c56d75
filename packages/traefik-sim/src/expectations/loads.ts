import { rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Target } from "./observe.ts";

let generation = 0;

/** Whether Traefik loads its directory with this file in it; false when it refuses all of it. */
export async function loads(target: Target, text: string | Uint8Array, file = "case.yaml"): Promise<boolean> {
  const managed = join(target.dynamicDir, "mcp-managed");
  const mark = `loaded-generation-${++generation}`;
  for (const other of ["case.yaml", "case.toml"]) rmSync(join(managed, other), { force: true });
  writeFileSync(join(managed, file), text);
  writeFileSync(join(managed, "zz-mark.yaml"), `http: {middlewares: {${mark}: {stripPrefix: {prefixes: [/x]}}}}\n`);
  const failed = target.failures();
  utimesSync(managed, new Date(), new Date());
  const deadline = Date.now() + 10_000;
  while (Date.now() < deadline) {
    const answer = await target.fetch(`/api/http/middlewares/${mark}@file`);
    await answer.body?.cancel();
    if (answer.ok) return true;
    if (target.failures() > failed) return false;
    await sleep(3);
  }
  throw new Error("neither loaded nor refused within 10 s");
}
