import { describe, expect, it } from "vitest";
import { Cancellation } from "./cancellation.ts";
import type { Endpoint } from "./exchange.ts";
import { SessionStore } from "./sessions.ts";

const endpoint = (): Endpoint => ({
  describe: () => ({ serverInfo: "{}", capabilities: "{}", instructions: undefined }),
  exchange: () => Promise.reject(new Error("not used")),
  notify: () => undefined,
  onListChanged: () => () => undefined,
});
const client = { clientInfo: undefined, capabilities: {} };

function store(max = 10) {
  const clock = { now: 1 };
  const sessions = new SessionStore({ max, idleMs: 1_000 }, () => clock.now);
  return { clock, sessions, here: endpoint() };
}

describe("SessionStore", () => {
  it("gives long random ids and finds a session only at its own endpoint", () => {
    const { sessions, here } = store();
    const session = sessions.open(here, "2025-11-25", client);
    expect(session.id).toMatch(/^[\w-]{32}$/);
    expect(sessions.use(session.id, here)).toBe(session);
    expect(sessions.use(session.id, endpoint())).toBeUndefined();
    expect(sessions.use("no", here)).toBeUndefined();
  });

  it("drops what is idle, closes what is attached to it, and keeps what is used", () => {
    const { clock, sessions, here } = store();
    const idle = sessions.open(here, "2025-11-25", client);
    const used = sessions.open(here, "2025-11-25", client);
    let closed = 0;
    idle.attachments.set({}, { close: () => closed++ });
    clock.now += 900;
    sessions.use(used.id, here);
    clock.now += 200;
    sessions.sweep();
    expect(sessions.use(idle.id, here)).toBeUndefined();
    expect(sessions.use(used.id, here)).toBe(used);
    expect(closed).toBe(1);
  });

  it("takes calls under way for use, however many sessions have one", () => {
    const { clock, sessions, here } = store();
    const busy = Array.from({ length: 5 }, () => sessions.open(here, "2025-11-25", client));
    for (const session of busy) session.calls.add({ id: "1", cancellation: new Cancellation() });
    for (let round = 0; round < 5; round++) {
      clock.now += 900;
      sessions.sweep();
    }
    expect(busy.map((session) => sessions.use(session.id, here))).toEqual(busy);
  });

  it("makes room for a new one by closing the one idle longest, whose calls end", () => {
    const { clock, sessions, here } = store(2);
    const first = sessions.open(here, "2025-11-25", client);
    const call = new Cancellation();
    first.calls.add({ id: "1", cancellation: call });
    clock.now += 1;
    sessions.open(here, "2025-11-25", client);
    sessions.open(here, "2025-11-25", client);
    expect(sessions.size).toBe(2);
    expect(sessions.use(first.id, here)).toBeUndefined();
    expect(call.reason?.message).toContain("closed");
  });

  it("closes all of one endpoint, or all", () => {
    const { sessions, here } = store();
    const there = endpoint();
    sessions.open(here, "2025-11-25", client);
    sessions.open(there, "2025-11-25", client);
    sessions.closeAll(here);
    expect(sessions.size).toBe(1);
    sessions.closeAll();
    expect(sessions.size).toBe(0);
  });
});
