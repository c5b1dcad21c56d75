import type { Tool } from "@shardgate/shard-sdk";
import type { Deps } from "../deps.ts";
import { applyRoutesTool } from "./apply-routes.ts";
import { checkSslStatusTool } from "./check-ssl-status.ts";
import { createRouteTool } from "./create-route.ts";
import { deleteRouteTool } from "./delete-route.ts";
import { getBackendStatusTool } from "./get-backend-status.ts";
import { getRouteTool } from "./get-route.ts";
import { getTraefikDocsTool } from "./get-traefik-docs.ts";
import { listRoutesTool } from "./list-routes.ts";
import { reloadConfigTool } from "./reload-config.ts";
import { restoreRouteTool } from "./restore-route.ts";
import { validateConfigTool } from "./validate-config.ts";

/** The only list of the shard's tools. */
const MAKERS = [
  listRoutesTool,
  getRouteTool,
  createRouteTool,
  applyRoutesTool,
  deleteRouteTool,
  restoreRouteTool,
  validateConfigTool,
  getBackendStatusTool,
  checkSslStatusTool,
  reloadConfigTool,
  getTraefikDocsTool,
];

export function routeTools(deps: Deps): readonly Tool[] {
  return MAKERS.map((make) => make(deps));
}
