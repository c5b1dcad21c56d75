import { callTool, testShard } from "@shardgate/shard-sdk/testing";
import { describe, expect, it } from "vitest";
import { createShard } from "./shard.ts";
import { asked, containers, eventStream, fakeDozzle } from "./testing/fake-dozzle.ts";
import { fakeService, goneService } from "./testing/fake-service.ts";

const shard = createShard(fakeDozzle);
const call = (name: string, args: Record<string, unknown> = {}) => callTool(shard, name, args);

testShard(shard);

describe("list_containers", () => {
  it("lists what Dozzle sees, from a stream that has no end", async () => {
    const { structured, text } = await call("list_containers");
    expect(structured?.["containers"]).toHaveLength(containers.length);
    expect(text).toMatch(/^gitea: running, healthy \(gitea\/gitea:1.24\)\njellyfin: exited/);
  });

  it.each([
    [{ search: "JELLY" }, ["jellyfin"]],
    [{ state: "running" }, ["gitea"]],
    [{ search: "gitea", state: "exited" }, ["gitea"]],
    [{ search: "nothing" }, []],
  ])("narrows down by %o", async (args, names) => {
    const { structured } = await call("list_containers", args);
    const found = structured?.["containers"] as readonly { name: string }[];
    expect(found.map(({ name }) => name)).toEqual(names);
  });

  it.each([
    [new Response("event:containers-changed\ndata:{}\n\n"), "something else than expected"],
    [new Response(""), "ended its stream"],
    [new Response("no", { status: 401 }), "refused our credentials"],
    [eventStream(`event:containers-changed\ndata:[${"1,".repeat(3_000_000)}`), "larger than"],
  ])("says what is wrong with an answer", async (answer, expected) => {
    const { isError, text } = await callTool(
      createShard(fakeService({ "/api/events/stream": () => answer })),
      "list_containers",
    );
    expect(isError).toBe(true);
    expect(text).toContain(expected);
  });
});

describe("tail_logs", () => {
  it("reads the last lines of the container that runs, texts and JSON alike", async () => {
    const { structured, text } = await call("tail_logs", { container: "gitea", lines: 2 });
    expect(structured).toEqual({
      container: "gitea",
      lines: [
        { time: "2026-11-20T22:15:01.000Z", level: "error", text: '{"msg":"Database is LOCKED","code":5}' },
        { time: "2026-11-20T22:15:02.000Z", level: "", text: "started" },
      ],
    });
    expect(text).toContain("2026-11-20T22:15:02.000Z started");
    const { searchParams } = asked.at(-1) as URL;
    expect(searchParams.getAll("levels")).toContain("error");
    expect(Date.parse(searchParams.get("to") ?? "") - Date.parse(searchParams.get("from") ?? "")).toBe(3_600_000);
  });

  it("takes only lines with a text", async () => {
    const { structured } = await call("tail_logs", { container: "gitea", contains: "database is locked" });
    expect(structured?.["lines"]).toHaveLength(1);
  });

  it("suggests a name for one that is not there", async () => {
    const { isError, text } = await call("tail_logs", { container: "gita" });
    expect(isError).toBe(true);
    expect(text).toContain("Did you mean gitea?");
    expect((await call("tail_logs", { container: "xyzzy" })).text).toContain("Call list_containers");
  });
});

describe("check_status", () => {
  it("says whether Dozzle answers", async () => {
    expect((await call("check_status")).structured).toMatchObject({ reachable: true, http_status: 200 });
    const { text } = await callTool(createShard(goneService), "check_status");
    expect(text).toContain("Dozzle cannot be reached at http://localhost:8080 (connection refused)");
  });
});
