// No process is left of an upstream that is a program: after a stop, a reload, a crash, and a SIGKILL of the gateway.
import { readFileSync } from "node:fs";
import { expect, test, vi } from "vitest";
import { startGateway } from "./support/house.ts";
import { isAlive, stopAtEnd } from "./support/program.ts";
import { callModern } from "./support/rpc-client.ts";
import { stateFolder, stdioUpstream } from "./support/stdio.ts";

const stopLater = stopAtEnd();
/** Hears neither the end of its input nor SIGTERM, nor does what it starts. */
const DEAF = ["--ignore-eof", "--ignore-term", "--grandchild"];
const gone = { timeout: 15_000, interval: 50 };

test("after the gateway was told to stop, with what programs started themselves", async () => {
  const [plain, deaf] = [stdioUpstream(), stdioUpstream(DEAF)];
  const upstreams = { plain: plain.definition, deaf: deaf.definition };
  const gateway = await stopLater(startGateway({ upstreams, env: { STATE_DIR: stateFolder() } }));
  expect(deaf.alive()).toHaveLength(2);
  gateway.kill("SIGTERM");
  expect(await gateway.ended).toMatchObject({ code: 0 });
  expect([...plain.alive(), ...deaf.alive()]).toEqual([]);
});

test("after a program died and left what it had started", async () => {
  const raw = stdioUpstream(["--grandchild"]);
  const gateway = await stopLater(startGateway({ upstreams: { raw: raw.definition } }));
  const [first, grandchild] = raw.pids() as [number, number];
  await callModern(`${gateway.url}/mcp`, "raw__die");
  await vi.waitFor(() => expect([isAlive(first), isAlive(grandchild)]).toEqual([false, false]), gone);
  await gateway.until("raw", "up");
  expect(raw.alive()).toHaveLength(2);
});

test("at once where the gateway is killed, because a shell looks after its groups", async () => {
  const [plain, deaf] = [stdioUpstream(), stdioUpstream(DEAF)];
  const upstreams = { plain: plain.definition, deaf: deaf.definition };
  const gateway = await stopLater(startGateway({ upstreams }));
  gateway.kill("SIGKILL");
  await gateway.ended;
  await vi.waitFor(() => expect([...plain.alive(), ...deaf.alive()]).toEqual([]), gone);
});

test("at the next start where that shell was killed with the gateway", async () => {
  const deaf = stdioUpstream(DEAF);
  const env = { STATE_DIR: stateFolder() };
  const first = await stopLater(startGateway({ upstreams: { deaf: deaf.definition }, env }));
  const left = deaf.alive();
  for (const guard of childrenOf(first.pid).filter((pid) => !left.includes(pid))) process.kill(guard, "SIGKILL");
  first.kill("SIGKILL");
  await first.ended;
  expect(deaf.alive()).toEqual(left);
  const second = await stopLater(startGateway({ env }));
  await vi.waitFor(() => expect(deaf.alive()).toEqual([]), gone);
  await vi.waitFor(
    () => expect(second.log.find(({ msg }) => msg === "ended what an earlier run left")).toMatchObject({ orphans: 1 }),
    gone,
  );
});

test("after a reload that takes the program away or changes it, and only of that one", async () => {
  const [kept, changed] = [stdioUpstream(["--grandchild"]), stdioUpstream(["--grandchild"])];
  const upstreams = { kept: kept.definition, changed: changed.definition };
  const gateway = await stopLater(startGateway({ upstreams, env: { STATE_DIR: stateFolder() } }));
  const before = changed.pids();
  gateway.configure({ kept: kept.definition, changed: { ...changed.definition, env: { MORE: "1" } } });
  await vi.waitFor(() => expect(changed.alive().filter((pid) => !before.includes(pid))).toHaveLength(2), gone);
  await vi.waitFor(() => expect(changed.alive().filter((pid) => before.includes(pid))).toEqual([]), gone);
  gateway.configure({ kept: kept.definition });
  await vi.waitFor(() => expect(changed.alive()).toEqual([]), gone);
  expect(kept.pids()).toHaveLength(2);
  expect(kept.alive()).toHaveLength(2);
});

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
}
