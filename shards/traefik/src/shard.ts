import { defineShard, type Shard } from "@shardgate/shard-sdk";
import manifest from "../package.json" with { type: "json" };
import { openHouse } from "./open-house.ts";
import { settingsSchema } from "./settings.ts";
import { CONFIG_PATH } from "./store/served-store.ts";
import { routeTools } from "./tools/index.ts";

const INSTRUCTIONS = [
  "Publish services of the house under host names through Traefik, and look at what is published.",
  "To expose a service call create_route with name, host and backend; add dry_run to show the YAML first. Start with list_routes when asked what exists, what points to an address, or why something is not reachable.",
  "Only routes marked as managed can be changed or deleted. Trust the outcome: a route is live only when it says active.",
].join(" ");

const SIMULATED =
  "No real Traefik is connected: routes are made in a simulated one and nothing is served. Say so to the user. To connect one, its operator sets TRAEFIK_API_URL and TRAEFIK_DYNAMIC_DIR (or TRAEFIK_PROVIDER=http).";

/**
 * The Traefik shard. Whether Traefik is simulated is decided by the settings when it opens; `simulated` only says so in
 * what the shard tells about itself.
 */
export function traefikShard({ simulated }: { readonly simulated: boolean }): Shard {
  const api = simulated ? "simulated-traefik" : "traefik-api";
  return defineShard({
    name: "traefik",
    version: manifest.version,
    title: simulated ? "Traefik routes (simulated: true)" : "Traefik routes",
    description: `Publish services through Traefik: list, create and delete routes, each change proved.${simulated ? ` simulated: true. ${SIMULATED}` : ""}`,
    instructions: simulated ? `${SIMULATED} ${INSTRUCTIONS}` : INSTRUCTIONS,
    defaultPort: 9101,
    config: settingsSchema,
    setup: openHouse,
    tools: routeTools,
    routes: {
      [CONFIG_PATH]: (request, { served }) =>
        served?.serve(request) ??
        new Response("Traefik reads our routes from files here (TRAEFIK_PROVIDER=file).\n", { status: 404 }),
    },
    checks: {
      [api]: async ({ client }, signal) => void (await client.version(signal)),
      "route-folder": ({ store }) => store.check(),
    },
    close: (house) => house.close(),
  });
}
