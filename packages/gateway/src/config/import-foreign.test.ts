import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { commentsOf } from "./comments.ts";
import type { Diagnostic } from "./diagnostics.ts";
import { importForeign } from "./import-foreign.ts";
import { loadConfig } from "./load.ts";

const VSCODE = `{
  // The house's own servers
  "servers": {
    // Files: read only
    "My Files": { "command": "npx", "args": ["-y", "server-filesystem", "/srv//media"] }, // on the nas
    "gitea": {
      "type": "http",
      "url": "http://gitea.lan/mcp",
      "headers": { "Authorization": "Bearer \${GITEA_TOKEN}" } /* renewed
         each spring */
    }
  }
  // the end
}
`;

function imported(text: string): { yaml: string | undefined; diagnostics: Diagnostic[] } {
  const diagnostics: Diagnostic[] = [];
  return { yaml: importForeign("/house/mcp.json", text, diagnostics), diagnostics };
}

async function definitionsOf(path: string, text: string) {
  const env = { GITEA_TOKEN: "secret", MY_API_KEY: "secret" };
  const loaded = await loadConfig([path], {
    env,
    readFile: async (file) => (file === path ? { text } : { problem: "does not exist", code: "ENOENT" }),
  });
  expect(loaded.diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  return loaded.config?.upstreams.map(({ name, options }) => ({ name, options }));
}

describe("importForeign", () => {
  it("keeps references, comments with their server, and the original name", () => {
    expect(imported(VSCODE).yaml).toBe(`upstreams:
  # The house's own servers
  # Files: read only
  # on the nas
  # My Files in the file this comes from
  my-files:
    kind: stdio
    command: npx
    args:
      - -y
      - server-filesystem
      - /srv//media
  # renewed
  # each spring
  gitea:
    kind: mcp-http
    url: http://gitea.lan/mcp
    headers:
      Authorization: Bearer \${GITEA_TOKEN}

# the end
`);
  });

  it("means the same as the file it comes from", async () => {
    const yaml = imported(VSCODE).yaml ?? "";
    expect(await definitionsOf("/house/gateway.yaml", yaml)).toEqual(await definitionsOf("/house/mcp.json", VSCODE));
  });

  const examples = fileURLToPath(new URL("../../../../examples/", import.meta.url));
  it.each(readdirSync(examples).filter((file) => file.endsWith(".json")))(
    "examples/%s means the same",
    async (file) => {
      const text = readFileSync(`${examples}${file}`, "utf8");
      const { yaml = "" } = imported(text);
      expect(await definitionsOf("/house/gateway.yaml", yaml)).toEqual(await definitionsOf("/house/mcp.json", text));
    },
  );

  it("says where a file cannot be imported", () => {
    expect(imported('{"mcpServers": {"a": {}}}').diagnostics[0]).toMatchObject({
      message: "has neither a command nor a url",
      path: "mcpServers.a",
    });
    expect(imported("upstreams: {}").diagnostics[0]?.message).toBe("is a gateway.yaml already");
    expect(imported("[1]").diagnostics[0]?.message).toBe("holds no servers of a form we know");
  });

  it("finds comments, not what looks like one in a text", () => {
    expect(commentsOf('# one\na: "# no" # two\nb: http://x/#y\n').map(({ text }) => text)).toEqual(["one", "two"]);
    expect(commentsOf('{"a": "http://x", // one\n/* two\n * three */ "b": 1}').map(({ text }) => text)).toEqual([
      "one",
      "two\nthree",
    ]);
  });

  it("reads any text without breaking", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'{}[]",:/*#\n ab') }), (text) => {
        for (const { offset, text: comment } of commentsOf(text)) {
          expect(offset).toBeLessThan(text.length);
          expect(typeof comment).toBe("string");
        }
        imported(`{"mcpServers": ${text}`);
      }),
    );
  });
});
