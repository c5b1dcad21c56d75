import { acrossEras } from "./across-eras.ts";
import { calls } from "./calls.ts";
import { sessions, tools, upstreams } from "./growth.ts";
import { house } from "./house.ts";
import { memory } from "./memory.ts";
import { routes } from "./routes.ts";
import type { Scenario } from "./scenario.ts";
import { sessionMemory } from "./session-memory.ts";
import { openApi } from "./openapi.ts";
import { start } from "./start.ts";
import { stdio } from "./stdio.ts";
import { stdioPeers } from "./stdio-peers.ts";

/** The only list of scenarios, in the order of a report. */
export const scenarios: readonly Scenario[] = [
  calls,
  acrossEras,
  stdio,
  stdioPeers,
  openApi,
  memory,
  house,
  start,
  tools,
  upstreams,
  sessions,
  sessionMemory,
  routes,
];
