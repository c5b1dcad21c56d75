// Every client with every server over every transport, feature by feature, at both addresses of the gateway.
import { qualifyNames } from "@shardgate/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fileURLToPath } from "node:url";
import { serveHttp, type RunningFixture } from "./fixture/serve-http.ts";
import type { At } from "./matrix/feature.ts";
import { features } from "./matrix/features.ts";
import { impossible } from "./matrix/impossible.ts";
import { connectRawLegacy, connectRawModern } from "./matrix/raw-peer.ts";
import { connectNew, connectOld } from "./matrix/sdk-peers.ts";
import { startGateway, type Gateway } from "./support/house.ts";
import { stopAtEnd } from "./support/program.ts";

const clients = [
  { client: "the old SDK", clientEra: "legacy", connect: connectOld },
  { client: "the new SDK, legacy", clientEra: "legacy", connect: connectNew("legacy") },
  { client: "the new SDK, modern", clientEra: "modern", connect: connectNew("modern") },
  { client: "raw, legacy", clientEra: "legacy", connect: connectRawLegacy },
  { client: "raw, modern", clientEra: "modern", connect: connectRawModern },
] as const;

const servers = [
  { server: "the old SDK", short: "old", sdk: "old", serverEra: "legacy" },
  { server: "the new SDK, legacy", short: "new", sdk: "new", serverEra: "legacy" },
  { server: "the new SDK, modern", short: "modern", sdk: "new", serverEra: "modern" },
] as const;

const kinds = ["http", "sse", "stdio"] as const;
/** Few enough that every list has several pages. */
const PAGE_SIZE = 3;

const pairs = servers
  .flatMap((server) => kinds.map((kind) => ({ ...server, kind, upstream: `${server.short}-${kind}` })))
  .filter((pair) => !impossible.some(({ serverEra, kind }) => serverEra === pair.serverEra && kind === pair.kind));
/** How the client reaches the server; without the gateway it shows that it is not the test that is wrong. */
const routes = ["at its own address", "among all", "without the gateway"] as const;
const ways = clients.flatMap((client) =>
  pairs.flatMap((pair) =>
    routes.flatMap((route) => {
      const canMeet = pair.kind === "http" && pair.serverEra === client.clientEra;
      return route !== "without the gateway" || canMeet ? [{ ...client, ...pair, route }] : [];
    }),
  ),
);

const stopLater = stopAtEnd();
let gateway: Gateway;
const direct = new Map<string, string>();

beforeAll(async () => {
  const definitions: Record<string, object> = {};
  const stdioProgram = fileURLToPath(new URL("fixture/stdio.ts", import.meta.url));
  for (const { upstream, sdk, serverEra, kind } of pairs) {
    const fixture = (): Promise<RunningFixture> => stopLater(serveHttp({ sdk, eras: serverEra, pageSize: PAGE_SIZE }));
    if (kind === "http") {
      const { url } = await fixture();
      definitions[upstream] = { kind: "mcp-http", url };
      direct.set(upstream, url);
    }
    if (kind === "sse") definitions[upstream] = { kind: "sse", url: (await fixture()).sseUrl };
    const args = [stdioProgram, sdk, serverEra, String(PAGE_SIZE)];
    if (kind === "stdio") definitions[upstream] = { kind: "stdio", command: process.execPath, args };
  }
  gateway = await stopLater(startGateway({ upstreams: definitions }));
});

describe.each(ways)("$client to $server over $kind, $route", (way) => {
  const { connect, upstream, route, serverEra } = way;
  const isAlone = route !== "among all";
  let context: At;

  beforeAll(async () => {
    const path = isAlone ? `/servers/${upstream}/mcp` : "/mcp";
    const url = route === "without the gateway" ? direct.get(upstream)! : gateway.url + path;
    const [peer, bystander] = await Promise.all([connect(url), connect(url)]);
    const named = (name: string): string => (isAlone ? name : qualifyNames([{ upstream, tool: name }])[0]!);
    const uri = (text: string): string => (isAlone ? text : `shardgate+${upstream}+${text}`);
    context = { peer, bystander, isAlone, upstreamEra: serverEra, named, uri };
  });
  afterAll(async () => {
    await context.peer.stop();
    await context.bystander.stop();
  });

  test.for(features)("$feature", async ({ page, works }) => {
    await expect(works(context), page).resolves.toBeUndefined();
  });
});
