import { callTool, testShard } from "@shardgate/shard-sdk/testing";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { traefikShard } from "./shard.ts";

const stateDir = mkdtempSync(join(tmpdir(), "traefik-shard-"));
afterAll(() => rmSync(stateDir, { recursive: true }));

const shard = traefikShard({ simulated: true });
const config = { SHARD_STATE_DIR: stateDir };

testShard(shard, { config });

describe("a shard without a Traefik", () => {
  test("says in every result and error that Traefik is simulated", async () => {
    const created = await callTool(
      shard,
      "create_route",
      { name: "tv", host: "tv.example.com", backend: "10.0.0.9:80" },
      { config },
    );
    expect(created.structured).toMatchObject({ ok: true, outcome: "active", simulated: true });
    expect(created.text).toContain("simulated Traefik");
    const listed = await callTool(shard, "list_routes", {}, { config });
    expect(listed.structured).toMatchObject({ simulated: true, total: 1 });
    const refused = await callTool(shard, "create_route", { name: "tv", host: "-", backend: "10.0.0.9" }, { config });
    expect(refused).toMatchObject({ isError: true, text: expect.stringContaining("simulated Traefik") });
    const deleted = await callTool(shard, "delete_route", { name: "tv" }, { config });
    expect(deleted.structured).toMatchObject({ ok: true, outcome: "deleted", simulated: true });
    expect(shard.instructions).toContain("simulated");
  });
});

test("a route that Traefik splits by entrypoint is proved, and listed as one", async () => {
  const both = { name: "both", host: "both.example.com", backend: "10.0.0.9:80", entrypoints: ["web", "websecure"] };
  const created = await callTool(shard, "create_route", both, { config });
  expect(created.structured).toMatchObject({ ok: true, outcome: "active" });
  const listed = await callTool(shard, "list_routes", {}, { config });
  expect(listed.structured).toMatchObject({
    total: 1,
    drift: [],
    routes: [{ name: "mcp-both@file", entrypoints: ["web", "websecure"] }],
  });
  const deleted = await callTool(shard, "delete_route", { name: "both" }, { config });
  expect(deleted.structured).toMatchObject({ ok: true, outcome: "deleted" });
});

describe("settings", () => {
  const problems = (env: Record<string, string>): string => {
    try {
      shard.open(env);
      return "";
    } catch (error) {
      return (error as Error).message;
    }
  };

  test("an API without a directory, or the reverse, is refused and says what is missing", () => {
    expect(problems({ TRAEFIK_API_URL: "http://t:8080" })).toContain(
      "TRAEFIK_DYNAMIC_DIR: not set, but TRAEFIK_API_URL is",
    );
    expect(problems({ TRAEFIK_DYNAMIC_DIR: "/dyn" })).toContain("TRAEFIK_API_URL: not set, but TRAEFIK_DYNAMIC_DIR is");
  });

  test("state inside the directory that Traefik loads is refused", () => {
    const env = { TRAEFIK_API_URL: "http://t:8080", TRAEFIK_DYNAMIC_DIR: "/dyn", SHARD_STATE_DIR: "/dyn/state" };
    expect(problems(env)).toContain("SHARD_STATE_DIR: must not be inside TRAEFIK_DYNAMIC_DIR");
  });

  test("wrong values are named", () => {
    expect(problems({ TRAEFIK_API_URL: "traefik:8080", TRAEFIK_DYNAMIC_DIR: "/dyn" })).toContain(
      "TRAEFIK_API_URL: must be an http or https URL",
    );
    expect(problems({ ALLOWED_BACKEND_CIDRS: "10.0.0.0/99" })).toContain("ALLOWED_BACKEND_CIDRS: must be IP ranges");
    expect(problems({ NAME_PREFIX: "1x" })).toContain("NAME_PREFIX: must be 1 to 20");
  });
});
