import { z } from "zod";

export const backendInputSchema = z.object({
  route: z
    .string()
    .max(200)
    .optional()
    .describe("Route whose backends are looked at, as list_routes shows it, or the host it serves."),
  service: z.string().max(200).optional().describe("Instead of route: a Traefik service, such as jellyfin@docker."),
  all_problems: z.boolean().default(false).describe("Instead of both: true looks at everything that seems broken."),
  probe: z.boolean().default(true).describe("false: only what Traefik says, no connections of our own."),
});

const serverSchema = z.object({
  server: z.string(),
  service: z.string(),
  traefik_status: z
    .enum(["up", "down", "unknown_no_healthcheck", "unknown"])
    .describe("unknown_no_healthcheck: Traefik does not check this server, so it says UP whatever happens."),
  probe: z
    .object({
      tcp: z.boolean(),
      http_status: z.number().optional(),
      latency_ms: z.number().optional(),
      error: z.string().optional(),
      tls_error: z.string().optional(),
      conclusive: z.boolean(),
    })
    .optional()
    .describe(
      "Our own try, from where this shard runs. conclusive false: a name that only Traefik may be able to resolve.",
    ),
});

export const backendOutputSchema = z.object({
  simulated: z.boolean().describe("true: there is no real Traefik."),
  ok: z.boolean(),
  reachable_from: z.literal("shard").describe("Probes are made by this shard, not by Traefik."),
  servers: z.array(serverSchema),
  end_to_end: z
    .array(z.object({ url: z.string(), status: z.number().optional(), meaning: z.string() }))
    .describe("Requests through Traefik's entrypoint, as a browser would make them."),
  errors: z.array(z.string()).describe("What Traefik says is wrong."),
  diagnosis: z.string(),
  next_step: z.string(),
});

export type BackendInput = z.output<typeof backendInputSchema>;
export type BackendResult = z.output<typeof backendOutputSchema>;
export type Server = z.output<typeof serverSchema>;
