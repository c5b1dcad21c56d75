import { defineShard, type Shard } from "@shardgate/shard-sdk";
import type { Fetch } from "@shardgate/shard-sdk/http";
import manifest from "../package.json" with { type: "json" };
import { createClient } from "./client.ts";
import { settingsSchema } from "./config.ts";
import { tools } from "./tools/index.ts";

/** @param fetch how requests reach the service; a test brings a fake of it */
export function createShard(fetch?: Fetch): Shard {
  return defineShard({
    name: "example",
    version: manifest.version,
    title: "Example",
    description: "Tools for Example.",
    instructions: "Ask check_status first when something about Example does not work.",
    defaultPort: 9104,
    config: settingsSchema,
    setup: (settings) => createClient(settings, fetch),
    tools,
    checks: { example: (client, signal) => client.check(signal) },
    close: (client) => client.close(),
  });
}

export const shard = createShard();
