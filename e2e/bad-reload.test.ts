// What is wrong with a configuration that a gateway follows never applies, and shows wherever somebody looks.
import { unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { at, foldersOfTest, write } from "./support/config-file.ts";
import { startGateway } from "./support/house.ts";
import { type LogLine, soon, stopAtEnd } from "./support/program.ts";
import { get } from "./support/raw-client.ts";
import { startRawUpstream } from "./support/raw-upstream.ts";
import { callModern } from "./support/rpc-client.ts";
import { speak } from "./support/scripts.ts";

const keep = stopAtEnd();
const newFolder = foldersOfTest();

describe("what is wrong", () => {
  test.each([
    ["is half written", '{"upstreams": {"b": {"kind": "mcp-', /gateway\.yaml:1:\d+ /],
    ["is empty", "", undefined],
    ["has a tab for indentation", "upstreams:\n\tb: {}\n", /gateway\.yaml:2:1 /],
    ["has a key twice", "upstreams: {}\nupstreams: {}\n", /gateway\.yaml:2:1 /],
    ["lacks a variable", 'upstreams:\n  b: { kind: shard, url: "http://${NOT_SET}" }\n', /:2:26 .*NOT_SET/],
    ["has 20 MB", `# ${"x".repeat(20 * 1024 * 1024)}\n`, /gateway\.yaml:1:1 has 20\.0 MiB/],
    ["is gone", undefined, undefined],
  ])("and %s never applies, and the good one is back when it is", async (_, text, problem) => {
    const file = join(newFolder(), "gateway.yaml");
    const upstream = await keep(startRawUpstream({ era: "modern", tools: { now: speak("now") } }));
    write(file, { a: at(upstream) });
    const gateway = await keep(startGateway({ files: [file], untilUp: false }));
    await gateway.until("a", "up");
    if (text === undefined) unlinkSync(file);
    else writeFileSync(file, text);
    if (problem !== undefined) {
      await vi.waitFor(async () => {
        const { config } = await gateway.health();
        expect(config).toMatchObject({ status: "refused", generation: 1 });
        expect(config?.problems?.[0]).toMatch(problem);
      }, soon);
      const ready = await get(`${gateway.url}/readyz?verbose`);
      expect(ready.status).toBe(200);
      expect(ready.text).toMatch(/"config":\{"status":"refused"/);
      expect((await get(`${gateway.url}/metrics`)).text).toMatch(/^shardgate_config\w* 0$/m);
      const isTold = ({ level, msg }: LogLine): boolean => level === "error" && problem.test(String(msg));
      await vi.waitFor(() => expect(gateway.log.filter(isTold)).toHaveLength(1), soon);
    }
    expect((await callModern(`${gateway.url}/mcp`, "a__now")).status).toBe(200);
    write(file, { a: at(upstream), b: at(upstream) });
    await gateway.until("b", "up");
    expect((await gateway.health()).config).toMatchObject({ status: "ok", generation: 2 });
    await gateway.stop();
  });
});
