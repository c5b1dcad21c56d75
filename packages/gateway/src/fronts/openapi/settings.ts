import * as z from "zod";
import { durationSchema } from "../../config/duration.ts";

/** `openapi` in `gateway.yaml`. */
export const openApiSchema = z
  .strictObject({
    /** `server`: `{server}_{tool}`. `mcpo`: `tool_{tool}_post`, for clients that were set up with mcpo. */
    operationIds: z.enum(["server", "mcpo"]).default("server"),
    /** Title of the document of all upstreams. */
    title: z.string().min(1).default("Shardgate"),
    description: z.string().default("All tools of the house, each also in the document of its own server."),
    version: z.string().min(1).optional(),
    /** Where the servers are: `/api/` puts the tool `now` of `time` at `/api/time/now`. */
    path_prefix: z
      .string()
      .default("/")
      .transform((prefix) => `/${prefix}/`.replace(/\/+/g, "/")),
    /** Path under which a proxy in front shows us, when it takes that away from what it passes on. */
    root_path: z
      .string()
      .default("")
      .transform((path) => `/${path}`.replace(/\/+/g, "/").replace(/\/$/, "")),
    /**
     * A call is kept alive by spaces before its JSON once it was silent for so long. The first of them settles its status,
     * 200, so by default they come after the usual time in which calls fail (`timeout` of an upstream, 60s), and before
     * clients and proxies give up (some after 100 s, Open WebUI's MCP after 300 s).
     */
    keep_alive: durationSchema.prefault("65s"),
  })
  .prefault({});

export interface OpenApiSettings extends z.output<typeof openApiSchema> {
  /** Name of the one upstream whose tools stand at the root, as with mcpo's `-- command`. */
  readonly single?: string;
}
