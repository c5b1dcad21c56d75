import { describe, expect, it } from "vitest";
import { runIn } from "../../testing/test-io.ts";
import type { Io } from "../command.ts";
import { gatewayRun } from "./mcpo.ts";

const files: Record<string, string> = { "vars.env": "A=1\nB=two words\n", "cert.pem": "CERT", "key.pem": "KEY" };
const world = {
  env: { HOME: "/home/ada", PORT: "9100" },
  isTerminal: false,
  pid: 1,
  writeError: () => undefined,
  readFile: (path: string) => {
    const text = files[path];
    return text === undefined
      ? Promise.reject(Object.assign(new Error("no"), { code: "ENOENT" }))
      : Promise.resolve(text);
  },
} as unknown as Io;

describe("mcpo's command line", () => {
  it("has mcpo's defaults", async () => {
    const run = await gatewayRun(["uvx", "mcp-server-time", "--local-timezone=UTC"], {}, world);
    expect(run).toMatchObject({
      host: "0.0.0.0",
      port: 8000,
      reload: { enabled: false },
      tls: undefined,
      above: {
        auth: {},
        openapi: {
          operationIds: "mcpo",
          single: "mcp-server-time",
          path_prefix: "/",
          root_path: "",
          title: "MCP OpenAPI Proxy",
        },
        allowed: { hosts: ["*"], origins: ["*"] },
      },
    });
  });

  it("defines the server behind --, of each type, with its headers and variables", async () => {
    const definitionOf = async (args: readonly string[], options: Record<string, string | readonly string[]>) => {
      const run = await gatewayRun(args, options, world);
      let defined: unknown;
      await run.providers?.[0]?.watch(
        ([one]) => (defined = one && run.change?.(one)),
        new AbortController().signal,
        () => undefined,
      );
      return defined;
    };
    expect(
      await definitionOf(["npx", "-y", "@x/server", "--a"], { env: ["C=3=4"], envPath: "vars.env" }),
    ).toMatchObject({
      name: "server",
      options: {
        kind: "stdio",
        command: "npx",
        args: ["-y", "@x/server", "--a"],
        env: { A: "1", B: "two words", C: "3=4" },
      },
    });
    for (const type of ["streamable-http", "streamable_http", "streamablehttp"]) {
      expect(
        await definitionOf(["http://nas.lan:3000/mcp"], { serverType: type, header: '{"X-Key":"k"}' }),
      ).toMatchObject({
        options: { kind: "mcp-http", url: "http://nas.lan:3000/mcp", headers: { "X-Key": "k" } },
      });
    }
    expect(await definitionOf(["http://nas.lan:3000/sse"], { serverType: "sse", name: "My Server" })).toMatchObject({
      name: "my-server",
      options: { kind: "sse" },
    });
  });

  it("takes every other flag", async () => {
    const options = {
      host: "127.0.0.1",
      port: "25530",
      apiKey: "k",
      strictAuth: true,
      hotReload: true,
      logLevel: "WARNING",
      pathPrefix: "api",
      rootPath: "/proxy/",
      name: "House",
      description: "All of it",
      version: "7",
      sslCertfile: "cert.pem",
      sslKeyfile: "key.pem",
      corsAllowOrigins: ["https://a.example"],
    };
    expect(await gatewayRun(["x"], options, world)).toMatchObject({
      host: "127.0.0.1",
      port: 25530,
      reload: { enabled: true },
      log: { level: "warn" },
      tls: { cert: "CERT", key: "KEY" },
      above: {
        auth: { api_key: "k", strict: true },
        openapi: { path_prefix: "/api/", root_path: "/proxy", title: "House", description: "All of it", version: "7" },
        allowed: { origins: ["https://a.example"] },
      },
    });
  });

  it.each([
    [[], {}, "behind --"],
    [["x"], { serverType: "carrier-pigeon" }, "--server-type must be"],
    [["x"], { serverType: "sse" }, "is no server of type sse"],
    [["http://x/sse"], { serverType: "sse", header: "[1]" }, "--header takes a JSON object"],
    [["x"], { env: ["novalue"] }, "--env takes NAME=value"],
    [["x"], { envPath: "none.env" }, "none.env cannot be read (ENOENT)"],
    [["x"], { sslCertfile: "cert.pem" }, "both --ssl-certfile and --ssl-keyfile"],
    [["x"], { port: "many" }, "port must be a number"],
  ])("refuses %j %j", async (args, options, message) => {
    await expect(gatewayRun(args, options, world)).rejects.toThrow(message);
  });

  it("leaves -h to the host, as mcpo does", async () => {
    expect((await runIn({}, "mcpo", "--help")).out).toContain("-h, --host");
    expect(await runIn({}, "mcpo", "-h", "127.0.0.1")).toMatchObject({ code: 2 });
  });
});
