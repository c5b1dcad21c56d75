import { z } from "zod";

const seconds = z.number().int().min(1).max(3600);

/** What `create_route` takes. Everything but the name has a way to be left out. */
export const createInputSchema = z.object({
  protocol: z
    .enum(["http", "tcp", "udp"])
    .default("http")
    .describe("http for websites; tcp or udp for anything else, such as a database or a game server."),
  name: z
    .string()
    .min(1)
    .max(60)
    .describe("Short name of the route, such as jellyfin. Lower-case letters, digits, hyphens."),
  host: z
    .string()
    .max(253)
    .optional()
    .describe("Host name people will type, such as media.example.com. *.example.com serves every name below it."),
  hosts: z.array(z.string().max(253)).max(50).optional().describe("Several host names, instead of host."),
  path_prefix: z.string().max(500).optional().describe("Only requests whose path starts with this, such as /api."),
  strip_prefix: z.boolean().optional().describe("true: remove path_prefix before the request goes to the backend."),
  rule: z
    .string()
    .max(2000)
    .optional()
    .describe("A whole Traefik 3 rule, instead of host and path_prefix: Host(`a.example.com`) && Method(`GET`)."),
  backend: z
    .string()
    .max(500)
    .optional()
    .describe("URL of the service as Traefik reaches it, such as http://192.168.1.20:8096; host:port for tcp and udp."),
  backends: z
    .array(z.string().max(500))
    .max(50)
    .optional()
    .describe("Several URLs that share the load, instead of backend."),
  service: z
    .string()
    .max(200)
    .optional()
    .describe("An existing Traefik service, such as jellyfin@docker, instead of backend."),
  middlewares: z
    .array(z.string().max(200))
    .max(20)
    .optional()
    .describe("Existing middlewares by name, in order, such as authentik for a login."),
  entrypoints: z
    .array(z.string().max(100))
    .max(10)
    .optional()
    .describe("Traefik entrypoints. Leave out: the one for HTTPS is chosen, or else the one for HTTP."),
  tls: z
    .enum(["auto", "on", "off"])
    .default("auto")
    .describe("auto: as the entrypoint suggests; on: HTTPS; off: plain HTTP."),
  cert_resolver: z.string().max(100).optional().describe("Certificate resolver. Leave out: the one other routes use."),
  priority: z
    .number()
    .int()
    .min(1)
    .max(1_000_000)
    .optional()
    .describe("Which route wins when several match; higher first. Leave out: the longer rule wins."),
  pass_host_header: z
    .boolean()
    .optional()
    .describe("false: the backend gets its own host name instead of the one people typed."),
  health_check: z
    .object({
      path: z.string().max(500).describe("Path that answers 2xx or 3xx when the backend is well, such as /health."),
      interval_s: seconds.default(30).describe("Seconds between checks."),
      timeout_s: seconds.default(5).describe("Seconds until a check counts as failed."),
    })
    .optional()
    .describe("Lets Traefik check the backends and leave out those that fail. A wrong path takes the route down."),
  sticky: z.boolean().optional().describe("true: a client stays on the same backend, by a cookie."),
  streaming: z
    .boolean()
    .optional()
    .describe("true: pass answers on at once, for event streams, chat and live logs that arrive in bursts otherwise."),
  redirect_https: z.boolean().optional().describe("true: also send plain HTTP requests for this host on to HTTPS."),
  security_headers: z.boolean().optional().describe("true: add the usual security headers to answers."),
  ip_allowlist: z
    .array(z.string().max(60))
    .max(100)
    .optional()
    .describe("Only clients in these ranges get in, such as 192.168.0.0/16."),
  basic_auth_users: z
    .array(z.string().max(300))
    .max(50)
    .optional()
    .describe("Ask for a login: name and hash as `htpasswd -nB name` prints them. Never a password."),
  rate_limit: z
    .object({
      average: z.number().int().min(1).max(100_000).describe("Requests per second of one client."),
      burst: z.number().int().min(1).max(100_000).optional().describe("How many may come at once."),
    })
    .optional()
    .describe("Limit how fast one client may ask."),
  tls_passthrough: z
    .boolean()
    .optional()
    .describe("tcp only: true hands encrypted connections to the backend as they are."),
  if_exists: z
    .enum(["error", "replace"])
    .default("error")
    .describe("What to do when this route exists with other settings."),
  probe_backend: z
    .boolean()
    .default(true)
    .describe("false: do not try whether the backends answer, once the route is active."),
  dry_run: z.boolean().default(false).describe("true: change nothing, show the YAML that would be written."),
});

export type CreateInput = z.output<typeof createInputSchema>;

/** The route itself, without how to go about it. */
export type RouteWish = Omit<CreateInput, "if_exists" | "probe_backend" | "dry_run">;
