import type { Fetch } from "@shardgate/shard-sdk/http";
import { fakeService } from "./fake-service.ts";

export const containers = [
  {
    id: "a1",
    name: "gitea",
    host: "nas",
    image: "gitea/gitea:1.24",
    state: "running",
    health: "healthy",
    startedAt: "2026-11-20T08:00:00Z",
  },
  { id: "b2", name: "jellyfin", host: "nas", image: "jellyfin/jellyfin", state: "exited" },
  { id: "c3", name: "gitea", host: "old", image: "gitea/gitea:1.20", state: "exited" },
];

const log = [
  { m: "starting", ts: 1_795_212_900_000, id: 1, l: "info" },
  { m: { msg: "Database is LOCKED", code: 5 }, ts: 1_795_212_901_000, id: 2, l: "error" },
  { m: "started", ts: 1_795_212_902_000, id: 3 },
];

/** Requests for logs that the fake was sent. */
export const asked: URL[] = [];

/** A Dozzle with three containers on two hosts; its event stream has no end, as the real one's. */
export const fakeDozzle: Fetch = fakeService({
  "/healthcheck": new Response("OK"),
  "/": new Response("<html>"),
  "/api/events/stream": () =>
    eventStream(
      `event:update-host\ndata:{"id":"nas"}\n\nevent:containers-changed\ndata:${JSON.stringify(containers)}\n\n`,
    ),
  "/api/hosts/nas/containers/a1/logs": (request) => {
    asked.push(new URL(request.url));
    return new Response(log.map((line) => `${JSON.stringify(line)}\n`).join(""));
  },
});

export function eventStream(text: string): Response {
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode(text)),
  });
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}
