import type { Front } from "./front.ts";
import { mcpFront, type McpFrontDeps } from "./mcp/index.ts";
import { openApiFront, type OpenApiFrontDeps } from "./openapi/index.ts";

/** The fronts: the only list. Where two know a path, the first has it. */
export function createFronts(deps: McpFrontDeps & OpenApiFrontDeps): readonly Front[] {
  return [mcpFront(deps), openApiFront(deps)];
}
