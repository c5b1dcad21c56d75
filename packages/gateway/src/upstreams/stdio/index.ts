import * as z from "zod";
import { commonDefinitionShape } from "../definition.ts";
import { notBuilt } from "../not-built.ts";
import type { HealthPolicy, Upstream, UpstreamDeps } from "../upstream.ts";

/** An MCP server that we start ourselves and speak to over its standard input and output. */
export const stdioSchema = z.strictObject({
  kind: z.literal("stdio"),
  /** The program: a path, or a name that is looked for in PATH. Never passed through a shell. */
  command: z.string().min(1),
  args: z.array(z.string()).default([]),
  /** Its environment besides what every program needs (PATH, HOME …). */
  env: z.record(z.string().regex(/^[^=\0]+$/, "is no name of a variable"), z.string()).default({}),
  /** Its working directory. */
  cwd: z.string().min(1).optional(),
  /** `eager`: started with the gateway; `lazy`: at its first call. */
  start: z.enum(["eager", "lazy"]).default("eager"),
  ...commonDefinitionShape,
});

export const STDIO_HEALTH: HealthPolicy = { intervalMs: 15_000, timeoutMs: 3_000 };

export function createStdio(_options: z.output<typeof stdioSchema>, _deps: UpstreamDeps): Upstream {
  return notBuilt("stdio");
}
