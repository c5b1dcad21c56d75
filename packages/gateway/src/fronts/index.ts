import { dashboardFront, type DashboardDeps } from "./dashboard/index.ts";
import type { Front } from "./front.ts";
import { mcpFront, type McpFrontDeps } from "./mcp/index.ts";
import { openApiFront, type OpenApiFrontDeps } from "./openapi/index.ts";

/** The fronts: the only list. Where two know a path, the first has it. */
export function createFronts(deps: McpFrontDeps & OpenApiFrontDeps & DashboardDeps): readonly Front[] {
  return [mcpFront(deps), dashboardFront(deps), openApiFront(deps)];
}
