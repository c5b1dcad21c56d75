import { describe, expect, it } from "vitest";
import { readWrapper } from "./wrapper.ts";

const read = (line: string) => {
  const [command = "", ...args] = line.split(" ");
  const found = readWrapper(command, args);
  return found && [found.installer, found.specs.join(" "), found.program ?? "-", found.args.join(" ")].join(" | ");
};

describe("the command line of a wrapper", () => {
  it.each([
    ["npx -y @modelcontextprotocol/server-everything", "npm | @modelcontextprotocol/server-everything | - | "],
    ["/usr/bin/npx --yes mcp-x@1.2.3 --port 1 -y", "npm | mcp-x@1.2.3 | - | --port 1 -y"],
    ["npx -y -p @a/b@^2 tool -v", "npm | @a/b@^2 | tool | -v"],
    ["npx --package=@a/b tool", "npm | @a/b | tool | "],
    ["npx -y -- mcp-x --flag", "npm | mcp-x | - | --flag"],
    [
      "uvx mcp-server-time --local-timezone=Europe/Berlin",
      "uv | mcp-server-time | mcp-server-time | --local-timezone=Europe/Berlin",
    ],
    ["uvx mcp-x@1.2.3", "uv | mcp-x==1.2.3 | mcp-x | "],
    ["uvx mcp-x@latest", "uv | mcp-x | mcp-x | "],
    ["uvx --from mcp-x[all]>=1.2 --with httpx tool run", "uv | mcp-x[all]>=1.2 httpx | tool | run"],
    ["/opt/uv tool run mcp-x", "uv | mcp-x | mcp-x | "],
  ])("%s is understood", (line, expected) => expect(read(line)).toBe(expected));

  it.each([
    "node server.js",
    "npx",
    "npx -c ls",
    "npx --registry http://x mcp-x",
    "npx github:someone/thing",
    "npx ./local",
    "npx -p a -p b tool",
    "uvx --from git+https://example.com/x tool",
    "uvx --index-url http://x mcp-x",
    "uv run server.py",
    "docker run x",
  ])("%s is left to itself", (line) => expect(read(line)).toBeUndefined());
});
