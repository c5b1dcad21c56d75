import { defineTool, type Tool } from "@shardgate/shard-sdk";
import * as z from "zod";
import type { Client } from "../client.ts";

export const listContainers = (client: Client): Tool =>
  defineTool({
    name: "list_containers",
    title: "List containers",
    description:
      "Lists the containers of the house with state, health and image. Use it to find a container's name, or what is stopped or unhealthy. It reads no logs: tail_logs does.",
    input: z.object({
      search: z.string().max(100).optional().describe("Part of a container's name or image"),
      state: z.enum(["running", "exited", "paused", "created", "dead"]).optional().describe("Only those in this state"),
    }),
    output: z.object({
      containers: z.array(
        z.object({
          name: z.string(),
          host: z.string(),
          image: z.string(),
          state: z.string(),
          health: z.string().optional(),
          started_at: z.string().optional(),
        }),
      ),
    }),
    annotations: { readOnlyHint: true, openWorldHint: false },
    text: ({ containers }) =>
      containers.length === 0
        ? "No container is like that."
        : containers
            .map(({ name, state, health, image }) => `${name}: ${state}${health ? `, ${health}` : ""} (${image})`)
            .join("\n"),
    async run({ search = "", state }, { signal }) {
      const wanted = search.toLowerCase();
      const containers = (await client.containers(signal))
        .filter(({ name, image }) => `${name} ${image}`.toLowerCase().includes(wanted))
        .filter((container) => state === undefined || container.state === state)
        .map(({ name, host, image, state: now, health, startedAt }) => ({
          name,
          host,
          image,
          state: now,
          ...(health && { health }),
          ...(startedAt && { started_at: startedAt }),
        }));
      return { containers };
    },
  });
