// What a definition may say besides where its upstream is, in force on the wire.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test, vi } from "vitest";
import { startGateway } from "./support/house.ts";
import { soon, stopAtEnd } from "./support/program.ts";
import { get } from "./support/raw-client.ts";
import { startRawUpstream } from "./support/raw-upstream.ts";
import { callModern, openSession } from "./support/rpc-client.ts";
import { speak } from "./support/scripts.ts";

const keep = stopAtEnd();
const folder = mkdtempSync(join(tmpdir(), "shardgate-options-"));
afterAll(() => rmSync(folder, { recursive: true }));
const example = (name: string): string => fileURLToPath(new URL(`../examples/${name}`, import.meta.url));

describe("files of others", () => {
  test("mcpo's and MCProxy's load unchanged; servers that are not there are down, with the reason, and harm nobody", async () => {
    const upstream = await keep(startRawUpstream({ era: "modern", tools: { now: speak("12:00") } }));
    writeFileSync(join(folder, ".npmrc"), "offline=true\n");
    const own = join(folder, "own.json");
    writeFileSync(own, JSON.stringify({ mcpServers: { alive: { type: "streamable-http", url: upstream.url } } }));
    const gateway = await keep(
      startGateway({
        files: [example("mcpo-thirteen.json"), example("mcproxy-servers.json"), own],
        args: ["--log", "--host", "127.0.0.1", "--reload-interval", "1.0"],
        // No program is found, and a package runner that is there anyway fetches nothing for the sake of this test.
        env: { PATH: folder, HOME: folder },
        untilUp: false,
      }),
    );
    await gateway.until("alive", "up");
    const { upstreams, config } = await gateway.health();
    expect(upstreams).toHaveLength(13 + 2 + 1);
    expect(upstreams.find(({ name }) => name === "my-new-server")).toMatchObject({ original: "my_new_server" });
    expect(config).toMatchObject({ status: "ok" });
    await vi.waitFor(async () => {
      const local = (await gateway.health()).upstreams.filter(({ url }) => url?.startsWith("http://localhost:2553"));
      expect(local.map(({ state }) => state)).toEqual(["down", "down", "down", "down"]);
      for (const { error } of local) expect(error).toMatch(/ECONNREFUSED/);
    }, soon);
    for (const { state, error, name } of (await gateway.health()).upstreams) {
      if (state === "down") expect(error, name).toMatch(/./);
    }
    const answer = await callModern(`${gateway.url}/mcp`, "alive__now");
    expect(answer.json().result).toMatchObject({ content: [{ text: "12:00" }] });
    expect(JSON.stringify(await gateway.health()) + gateway.output()).not.toMatch(
      /(gitea|athena|github|huggingface)-token/,
    );
  });
});

describe("headers of a call", () => {
  test.each(["modern", "legacy"] as const)("go along to an upstream of the %s era where they may", async (era) => {
    const upstream = await keep(startRawUpstream({ era, sessions: true, tools: { now: speak("ok") } }));
    const forward_headers = { allow: ["X-*", "Authorization"], deny: ["X-Secret"] };
    const upstreams = {
      nas: { kind: "mcp-http", url: upstream.url, headers: { Authorization: "Bearer house" }, forward_headers },
      shut: { kind: "mcp-http", url: upstream.url },
    };
    const gateway = await keep(startGateway({ upstreams }));
    const headers = { "X-User": "anna", "X-Secret": "s", Authorization: "Bearer anna", Cookie: "c=1" };
    const session = await openSession(`${gateway.url}/mcp`);
    const seen = async (name: string): Promise<(string | undefined)[]> => {
      if (era === "modern") await callModern(`${gateway.url}/mcp`, name, {}, { headers });
      else await session.call(name, {}, { headers });
      const call = upstream.of("tools/call").at(-1);
      return ["x-user", "x-secret", "authorization", "cookie"].map((header) => call?.header(header));
    };
    expect(await seen("nas__now")).toEqual(["anna", undefined, "Bearer anna", undefined]);
    expect(await seen("shut__now")).toEqual([undefined, undefined, undefined, undefined]);
    if (era === "legacy") {
      // The session that stands for anna's was opened as anna.
      expect(upstream.of("initialize").map((one) => one.header("authorization"))).toContain("Bearer anna");
    }
    await gateway.stop();
  });
});

describe("TLS toward an upstream", () => {
  test("trusts a CA of the house, shows a certificate of ours, and refuses what it does not know", async (ctx) => {
    try {
      makeCertificates();
    } catch (error) {
      return ctx.skip(`no openssl here to make certificates with (${(error as Error).message.split("\n")[0]})`);
    }
    const upstream = await keep(startRawUpstream({ era: "modern", tools: { now: speak("ok") } }));
    const pem = (name: string): string => readFileSync(join(folder, name), "utf8");
    const shown: boolean[] = [];
    const server = createTlsServer(
      {
        key: pem("server.key"),
        cert: pem("server.crt"),
        ca: pem("ca.crt"),
        requestCert: true,
        rejectUnauthorized: false,
      },
      (incoming, outgoing) => {
        shown.push((incoming.socket as unknown as { authorized: boolean }).authorized);
        const { method, url: path, headers } = incoming;
        const inner = request({ port: upstream.port, host: "127.0.0.1", method, path, headers }, (answer) => {
          outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
          answer.pipe(outgoing);
        });
        incoming.pipe(inner);
      },
    ).listen(0, "127.0.0.1");
    await vi.waitFor(() => expect(server.listening).toBe(true), soon);
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
    const file = (name: string): string => join(folder, name);
    const gateway = await keep(
      startGateway({
        untilUp: false,
        upstreams: {
          unknown: { kind: "mcp-http", url },
          trusted: { kind: "mcp-http", url, tls: { ca: file("ca.crt") } },
          known: { kind: "mcp-http", url, tls: { ca: file("ca.crt"), cert: file("ours.crt"), key: file("ours.key") } },
          careless: { kind: "mcp-http", url, tls: { insecure: true } },
        },
      }),
    );
    for (const name of ["trusted", "known", "careless"]) await gateway.until(name, "up");
    expect((await gateway.until("unknown", "down")).error).toMatch(/certificate|SELF_SIGNED|UNABLE_TO/i);
    shown.length = 0;
    await callModern(`${gateway.url}/mcp`, "trusted__now");
    await callModern(`${gateway.url}/mcp`, "known__now");
    expect(shown).toEqual([false, true]);
    expect((await get(`${gateway.url}/health`)).text).not.toContain("PRIVATE KEY");
    server.closeAllConnections();
    server.close();
  });
});

function makeCertificates(): void {
  const openssl = (...args: string[]): Buffer => execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  openssl("req", "-x509", ...key, "-keyout", "ca.key", "-out", "ca.crt", "-days", "2", "-subj", "/CN=house");
  for (const [name, extension] of [
    ["server", "subjectAltName=IP:127.0.0.1"],
    ["ours", "extendedKeyUsage=clientAuth"],
  ]) {
    const signed = ["-CA", "ca.crt", "-CAkey", "ca.key", "-days", "2", "-addext", extension as string];
    openssl("req", "-x509", ...key, "-keyout", `${name}.key`, "-out", `${name}.crt`, "-subj", `/CN=${name}`, ...signed);
  }
}
