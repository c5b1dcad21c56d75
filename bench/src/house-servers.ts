// Thirteen servers as people have them at home: well-known, started by npx or uvx, without keys.
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StdioProgram } from "./programs.ts";

const npx = (name: string, ...args: string[]): StdioProgram => ({ command: "npx", args: ["-y", name, ...args] });
const uvx = (...args: string[]): StdioProgram => ({ command: "uvx", args });

export function houseServers(): Readonly<Record<string, StdioProgram>> {
  const folder = mkdtempSync(join(tmpdir(), "shardgate-bench-house-"));
  return {
    everything: npx("@modelcontextprotocol/server-everything"),
    memory: npx("@modelcontextprotocol/server-memory"),
    filesystem: npx("@modelcontextprotocol/server-filesystem", folder),
    thinking: npx("@modelcontextprotocol/server-sequential-thinking"),
    context7: npx("@upstash/context7-mcp"),
    playwright: npx("@playwright/mcp", "--headless"),
    commands: npx("mcp-server-commands"),
    time: uvx("mcp-server-time"),
    fetch: uvx("mcp-server-fetch"),
    git: uvx("mcp-server-git"),
    calculator: uvx("mcp-server-calculator"),
    duckduckgo: uvx("duckduckgo-mcp-server"),
    // It was not made for the second line of the SDK.
    sqlite: uvx("--with", "mcp<2", "mcp-server-sqlite", "--db-path", join(folder, "house.db")),
  };
}
