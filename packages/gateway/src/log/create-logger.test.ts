import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, openSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createLogger, type LogOptions } from "./create-logger.ts";

let folder: string;
let problems: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "shardgate-log-"));
  problems = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

const output = (): string => join(folder, "output");
const options = (changes: Partial<LogOptions> = {}): LogOptions => ({
  level: "info",
  format: "json",
  fd: openSync(output(), "a"),
  pid: 7,
  onProblem: (message) => problems.push(message),
  ...changes,
});
const linesOf = (file: string): object[] =>
  readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as object);

describe("createLogger", () => {
  it("writes one JSON object a line, level and time first, and nothing below its level", async () => {
    const logger = await createLogger(options());
    logger.debug({}, "unheard");
    logger.info({ tool: 'a "b"' }, "call");
    logger.warn({}, "größer");
    await logger.flush();
    expect(linesOf(output())).toMatchObject([
      { level: "info", tool: 'a "b"', msg: "call" },
      { level: "warn", msg: "größer" },
    ]);
    expect(readFileSync(output(), "utf8")).toMatch(/^\{"level":"info","time":"\d{4}-\d\d-\d\dT[\d:.]+Z",/);
  });

  it("writes the same lines to a file, begins a new one at its size and keeps so many", async () => {
    const path = join(folder, "logs", "gateway.log");
    for (let run = 0; run < 5; run++) {
      const logger = await createLogger(options({ file: { path, maxBytes: 4_096, keep: 2 } }));
      for (let line = 0; line < 30; line++) logger.info({ run, line, filling: "x".repeat(100) }, "call");
      await logger.flush();
    }
    const files = readdirSync(join(folder, "logs")).toSorted();
    expect(files).toEqual(["gateway.log", "gateway.log.1", "gateway.log.2"]);
    for (const file of files) expect(statSync(join(folder, "logs", file)).size).toBeLessThan(10_000);
    const last = files.toReversed().flatMap((file) => linesOf(join(folder, "logs", file)));
    expect(last.at(-1)).toMatchObject({ run: 4, line: 29 });
    expect(problems).toEqual([]);
  });

  it("says at once where the file cannot be written", async () => {
    writeFileSync(join(folder, "file"), "");
    const path = join(folder, "file", "gateway.log");
    await expect(createLogger(options({ file: { path, maxBytes: 4_096, keep: 2 } }))).rejects.toThrow(
      /The log file .*gateway\.log cannot be written \((ENOTDIR|EEXIST)\)/,
    );
  });

  it("goes on without a file that breaks, and says so once", async () => {
    const path = join(folder, "gateway.log");
    const logger = await createLogger(options({ file: { path: join(path, "under"), maxBytes: 4_096, keep: 1 } }));
    rmSync(path, { recursive: true });
    writeFileSync(path, "in the way");
    logger.info({}, "one");
    await logger.flush();
    expect(linesOf(output())).toHaveLength(1);
    expect(problems.length).toBeLessThanOrEqual(1);
  });

  it("sends RFC 5424 messages to a syslog over UDP", async () => {
    const server: Socket = createSocket("udp4").bind(0, "127.0.0.1");
    await once(server, "listening");
    const received: string[] = [];
    server.on("message", (message) => received.push(message.toString()));
    const { port } = server.address() as AddressInfo;
    const logger = await createLogger(options({ syslog: { host: "127.0.0.1", port } }));
    logger.info({ a: 1 }, "call");
    logger.error({}, "bad");
    await logger.flush();
    await expect.poll(() => received.length).toBe(2);
    server.close();
    expect(received[0]).toMatch(
      /^<30>1 \d{4}-\d\d-\d\dT\S+Z \S+ shardgate 7 - - \{"level":"info".*"a":1,"msg":"call"\}$/,
    );
    expect(received[1]).toMatch(/^<27>1 /);
  });
});
