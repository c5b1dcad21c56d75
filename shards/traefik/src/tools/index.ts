import type { Tool } from "@shardgate/shard-sdk";
import type { Deps } from "../deps.ts";
import { createRouteTool } from "./create-route.ts";
import { deleteRouteTool } from "./delete-route.ts";
import { listRoutesTool } from "./list-routes.ts";

/** The only list of the shard's tools. */
export function routeTools(deps: Deps): readonly Tool[] {
  return [listRoutesTool, createRouteTool, deleteRouteTool].map((make) => make(deps));
}
