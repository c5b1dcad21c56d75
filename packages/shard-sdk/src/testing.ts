export { callTool, type CallToolOptions, type ToolResult } from "./testing/call-tool.ts";
export { testShard } from "./testing/test-shard.ts";
