// Records what a real Traefik shows for every case, as the measure of the simulated one: node src/expectations/record.ts
import { writeFileSync } from "node:fs";
import { cases } from "./cases.ts";
import { observe, type Observed } from "./observe.ts";
import { realTarget } from "./targets.ts";

const target = await realTarget();
const recorded: Record<string, Observed> = {};
try {
  for (const one of cases) recorded[one.name] = await observe(target, one);
} finally {
  await target.close();
}
writeFileSync(new URL("recorded.json", import.meta.url), `${JSON.stringify(recorded, undefined, 1)}\n`);
