export { createShardApp, type ShardApp, type ShardAppDeps } from "./app.ts";
export { type JsonObject } from "./json-schema.ts";
export { type Log } from "./log.ts";
export { nearest } from "./nearest.ts";
export { readLimited } from "./read-limited.ts";
export { SettingsError, type Env } from "./settings.ts";
export {
  defineShard,
  type HealthCheck,
  type Shard,
  type ShardOptions,
  type ShardRoute,
  type ShardSetupOptions,
} from "./shard.ts";
export { describeError, ToolError } from "./tool-error.ts";
export { defineTool, type Tool, type ToolAnnotations, type ToolContext, type ToolOptions } from "./tool.ts";
