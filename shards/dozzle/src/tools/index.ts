import type { Tool } from "@shardgate/shard-sdk";
import type { Client } from "../client.ts";
import { checkStatus } from "./check-status.ts";
import { listContainers } from "./list-containers.ts";
import { tailLogs } from "./tail-logs.ts";

/** Every tool of the shard, in the order in which clients see them. */
export const tools = (client: Client): readonly Tool[] => [
  listContainers(client),
  tailLogs(client),
  checkStatus(client),
];
