import type { ListedTool } from "@shardgate/mcp-wire";
import { CONFIRM_CALL, CONFIRM_CALL_SHORT, confirmTool } from "../../core/confirm-tool.ts";
import type { Gateway } from "../../gateway.ts";

const SHORT = confirmTool(CONFIRM_CALL_SHORT);
const LONG = confirmTool(CONFIRM_CALL);

const made = new WeakMap<readonly ListedTool[], readonly ListedTool[]>();

/**
 * The tools of an upstream as this front offers them, the same array for as long as nothing about them changes. Beside
 * those that need a person's agreement stands the one that confirms: whoever reads a document does not say who it is.
 */
export function offeredTools(gateway: Pick<Gateway, "toolsOf">, upstream: string): readonly ListedTool[] {
  const listed = gateway.toolsOf(upstream);
  let tools = made.get(listed);
  if (tools === undefined) {
    const isTaken = listed.some(({ name }) => name === CONFIRM_CALL_SHORT);
    const needsConfirm = listed.some(({ confirm }) => confirm !== undefined);
    tools = needsConfirm ? [...listed, isTaken ? LONG : SHORT] : listed;
    made.set(listed, tools);
  }
  return tools;
}

/** What the tool of an operation is called by the gateway. */
export function calledName(tool: ListedTool): string {
  return tool === SHORT ? CONFIRM_CALL : tool.name;
}
