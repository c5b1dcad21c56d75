import { callTool, testShard } from "@shardgate/shard-sdk/testing";
import { describe, expect, it } from "vitest";
import { createShard } from "./shard.ts";
import { fakeService, goneService } from "./testing/fake-service.ts";

testShard(createShard(fakeService({ "/": { version: "1" } })));

describe("check_status", () => {
  it("says that Example answers", async () => {
    const { structured, text } = await callTool(createShard(fakeService({ "/": { version: "1" } })), "check_status");
    expect(structured).toMatchObject({ reachable: true, http_status: 200 });
    expect(text).toMatch(/^Example answers HTTP 200 after \d+ ms\.$/);
  });

  it("says why it does not", async () => {
    const { structured, text } = await callTool(createShard(goneService), "check_status");
    expect(structured).toMatchObject({ reachable: false });
    expect(text).toContain("Example cannot be reached at http://localhost:8080 (connection refused)");
  });
});
