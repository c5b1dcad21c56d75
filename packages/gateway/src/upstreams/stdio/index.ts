import * as z from "zod";
import { durationSchema } from "../../config/duration.ts";
import { commonDefinitionShape } from "../definition.ts";
import type { HealthPolicy, Upstream, UpstreamDeps } from "../upstream.ts";
import { type PerSessionLimits, PerSessionUpstream } from "./per-session.ts";
import { StdioUpstream } from "./stdio-upstream.ts";

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
  /** True, or how many and how long: each session of a client has a process of its own, which ends with it. */
  per_session: z
    .union([
      z.boolean(),
      z.strictObject({
        /** Most sessions that have one at once; the one that was called longest ago makes room. */
        max: z.int().min(1).max(256).default(16),
        /** One that nobody calls for so long is ended. */
        idle: durationSchema.prefault("10m"),
      }),
    ])
    .default(false),
  ...commonDefinitionShape,
});

const PER_SESSION: PerSessionLimits = { max: 16, idle: 10 * 60_000 };

/** A program is looked at like others' servers; one that ends by itself is started again. */
export function stdioHealth({ start }: z.output<typeof stdioSchema>): HealthPolicy {
  return {
    intervalMs: 15_000,
    timeoutMs: 3_000,
    // A package may have to be fetched, and others may start before it.
    connectTimeoutMs: 10 * 60_000,
    restarts: { pausesMs: [1_000, 2_000, 4_000], slowMs: 5 * 60_000, stableMs: 5 * 60_000 },
    isLazy: start === "lazy",
  };
}

/** @throws Error where no programs may be started */
export function createStdio(options: z.output<typeof stdioSchema>, deps: UpstreamDeps): Upstream {
  if (deps.programs === undefined) throw new Error("This gateway starts no programs");
  const { per_session: limits } = options;
  if (limits === false) return new StdioUpstream(options, deps.programs, deps);
  return new PerSessionUpstream(options, limits === true ? PER_SESSION : limits, deps.programs, deps);
}
