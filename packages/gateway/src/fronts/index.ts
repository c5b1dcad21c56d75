import type { Front } from "./front.ts";
import { mcpFront, type McpFrontDeps } from "./mcp/index.ts";

/** The fronts: the only list. */
export function createFronts(deps: McpFrontDeps): readonly Front[] {
  return [mcpFront(deps)];
}
