export * from "./config/index.ts";
export { buildRuntime, type Elsewhere } from "./runtime/build-runtime.ts";
export type { EntryPoints } from "./runtime/entry-points.ts";
export { createMerger } from "./runtime/load-directory.ts";
export { childrenOf } from "./runtime/services.ts";
