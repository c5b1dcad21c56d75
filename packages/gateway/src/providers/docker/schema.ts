import * as z from "zod";
import { durationSchema } from "../../config/duration.ts";

/** `providers.docker`: upstreams from the labels of containers. */
export const dockerSchema = z.strictObject({
  /**
   * Where the engine's API is: `unix:///var/run/docker.sock`, or `tcp://host:2375` of a socket proxy. Default: DOCKER_HOST, else
   * the usual socket.
   */
  endpoint: z
    .string()
    .regex(/^(unix:\/\/\/|(tcp|https?):\/\/[^/])/, "must be unix:///path or tcp://host:port")
    .optional(),
  /** Network to take addresses from where a container is in several; the label `shardgate.network` outranks it. */
  network: z.string().min(1).optional(),
  /** Where published ports are reached; default: the engine's own machine. */
  host: z.string().min(1).optional(),
  /** How long a container that stopped stays listed, so that a restart does not take its tools away. */
  grace: durationSchema.prefault("10s"),
});

export type DockerOptions = z.output<typeof dockerSchema>;
