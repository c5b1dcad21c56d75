import type { Tool } from "@shardgate/shard-sdk";
import type { Deps } from "../deps.ts";
import { createRouteTool } from "./create-route.ts";
import { deleteRouteTool } from "./delete-route.ts";
import { getRouteTool } from "./get-route.ts";
import { listRoutesTool } from "./list-routes.ts";
import { reloadConfigTool } from "./reload-config.ts";
import { restoreRouteTool } from "./restore-route.ts";
import { validateConfigTool } from "./validate-config.ts";

/** The only list of the shard's tools. */
export function routeTools(deps: Deps): readonly Tool[] {
  return [
    listRoutesTool,
    getRouteTool,
    createRouteTool,
    deleteRouteTool,
    restoreRouteTool,
    validateConfigTool,
    reloadConfigTool,
  ].map((make) => make(deps));
}
