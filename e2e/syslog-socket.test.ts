// The syslog of this machine listens on a datagram socket, which Node cannot open; Python plays it.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it, vi } from "vitest";
import { startGateway } from "./support/house.ts";

const LISTEN = `
import socket, sys
server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
server.bind(sys.argv[1])
print("ready", flush=True)
while True:
    print(server.recv(65536).decode(), flush=True)
`;

const folder = mkdtempSync(join(tmpdir(), "shardgate-syslog-"));
afterAll(() => rmSync(folder, { recursive: true }));

it("the log reaches the local syslog with its priority", async (context) => {
  for (const program of ["python3", "logger"]) {
    if (spawnSync(program, ["--version"]).error) context.skip(`${program} is not installed`);
  }
  const path = join(folder, "log");
  const server = spawn("python3", ["-c", LISTEN, path], { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  server.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
  try {
    await once(server.stdout, "data");
    const gateway = await startGateway({ env: { LOG_SYSLOG: path, LOG_FILE: join(folder, "gateway.log") } });
    await vi.waitFor(() => expect(said).toMatch(/<30>1 \S+ \S+ shardgate .*"msg":"listening"/), { timeout: 5_000 });
    gateway.kill("SIGTERM");
    await gateway.ended;
    await gateway.stop();
    await vi.waitFor(() => expect(said).toMatch(/"msg":"stopped"/), { timeout: 5_000 });
    expect(readFileSync(join(folder, "gateway.log"), "utf8")).toMatch(/"msg":"stopped"\}\n$/);
  } finally {
    server.kill();
  }
});
