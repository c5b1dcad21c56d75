// `shardgate stdio`: the gateway as a program that a desktop client starts, by itself and as the way to one that runs.
import { mkdtempSync, writeFileSync } from "node:fs";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Client as NewClient } from "@modelcontextprotocol/client";
import { StdioClientTransport as NewTransport } from "@modelcontextprotocol/client/stdio";
import { Client as OldClient } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport as OldTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { ElicitRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { describe, expect, test, vi } from "vitest";
import { startGateway } from "./support/house.ts";
import { freePort } from "./support/ports.ts";
import { soon, stopAtEnd } from "./support/program.ts";
import { ENVELOPE, rpc } from "./support/rpc-client.ts";
import { stateFolder, stdioUpstream } from "./support/stdio.ts";

const stopLater = stopAtEnd();
const binary = fileURLToPath(new URL("../packages/gateway/bin/shardgate.mjs", import.meta.url));

function configOf(upstreams: object): string {
  const path = join(mkdtempSync(join(tmpdir(), "shardgate-e2e-")), "gateway.yaml");
  writeFileSync(path, JSON.stringify({ auth: { api_key: "a key that nobody gives" }, upstreams }));
  return path;
}

/** How a client starts it. */
const started = (...args: string[]) => ({
  command: process.execPath,
  args: [binary, "stdio", ...args],
  env: { PATH: process.env["PATH"] as string, STATE_DIR: stateFolder() },
  stderr: "ignore" as const,
});

async function useOld(...args: string[]): Promise<void> {
  const client = new OldClient({ name: "old", version: "1" }, { capabilities: { elicitation: {} } });
  client.setRequestHandler(ElicitRequestSchema, () => ({ action: "accept", content: { colour: "blue" } }));
  await client.connect(new OldTransport(started(...args)));
  await vi.waitFor(async () => expect((await client.listTools()).tools.length).toBeGreaterThan(3), soon);
  const progress: unknown[] = [];
  const onprogress = (one: object): void => void progress.push(one);
  await client.callTool({ name: "raw__progress", arguments: {} }, undefined, { onprogress });
  expect(progress).toMatchObject([{ progress: 1, total: 2 }]);
  const asked = await client.callTool({ name: "raw__ask", arguments: {} });
  expect(JSON.stringify(asked.content)).toContain("blue");
  await client.close();
}

describe("shardgate stdio", () => {
  test("is a gateway of its own, which ends with its client and leaves nothing behind", async () => {
    const raw = stdioUpstream();
    await useOld("--config", configOf({ raw: raw.definition }));
    await vi.waitFor(() => expect(raw.alive()).toEqual([]), { ...soon, timeout: 10_000 });
  });

  test("passes everything to a running gateway, and joins it again after a restart", async () => {
    const raw = stdioUpstream();
    const upstreams = { raw: raw.definition };
    const port = await freePort();
    const first = await stopLater(startGateway({ upstreams, port }));
    await useOld("--url", first.url);
    const client = new OldClient({ name: "old", version: "1" });
    await client.connect(new OldTransport(started("--url", first.url)));
    await first.stop();
    await expect(client.callTool({ name: "raw__ok" })).rejects.toThrow(/gateway cannot be reached: ECONNREFUSED/);
    await stopLater(startGateway({ upstreams, port }));
    expect(JSON.stringify(await client.callTool({ name: "raw__ok" }))).toContain("ok");
    await client.close();
  });

  test("serves a client of the modern era, and writes nothing but messages", async () => {
    const raw = stdioUpstream();
    const options = started("--config", configOf({ raw: raw.definition }));
    const client = new NewClient({ name: "new", version: "1" }, { versionNegotiation: { mode: "auto" } });
    await client.connect(new NewTransport(options));
    // It keeps a list for as long as it may.
    const kept = { timeout: 15_000, interval: 100 };
    await vi.waitFor(async () => expect((await client.listTools()).tools.length).toBeGreaterThan(3), kept);
    expect(JSON.stringify(await client.callTool({ name: "raw__ok" }))).toContain("ok");
    await client.close();

    const child = spawn(options.command, [...options.args, "--log-level", "debug"], { env: options.env });
    const said: string[] = [];
    child.stdout.setEncoding("utf8").on("data", (text: string) => said.push(text));
    const lines = (): object[] =>
      said
        .join("")
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line) as object);
    child.stdin.write("not json\n");
    await vi.waitFor(() => expect(lines()).toMatchObject([{ error: { code: -32700 } }]), soon);
    const listed = { timeout: 10_000, interval: 100 };
    await vi.waitFor(() => {
      child.stdin.write(`${rpc("tools/list", { _meta: ENVELOPE }, "l")}\n`);
      expect(said.join("")).toContain("raw__hang");
    }, listed);
    const hang = { name: "raw__hang", arguments: { from: "stdio" }, _meta: ENVELOPE };
    child.stdin.write(`${rpc("tools/call", hang, "h")}\n`);
    await vi.waitFor(() => expect(raw.ledger()).toContain('hang {"from":"stdio"}'), soon);
    const cancel = { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: "h" } };
    child.stdin.write(`${JSON.stringify(cancel)}\n`);
    await vi.waitFor(() => expect(raw.ledger().join()).toMatch(/cancelled/), soon);
    child.stdin.end();
    expect(await once(child, "exit")).toEqual([0, null]);
    expect(lines().every((line) => "jsonrpc" in line)).toBe(true);
  });
});
