import { describe, expect, it } from "vitest";
import { IdleCollection, processHeap } from "./idle-collection.ts";

const MIB = 1024 * 1024;

function rest(idle: IdleCollection): void {
  for (let tick = 0; tick < 6; tick++) idle.tick(0, 0);
}

function heap() {
  const state = { used: 20 * MIB, kept: 20 * MIB, collections: 0 };
  const idle = new IdleCollection({
    used: () => state.used,
    collect() {
      state.collections++;
      state.used = state.kept;
    },
  });
  return { state, idle };
}

describe("IdleCollection", () => {
  it("collects once the process rests after it has worked", () => {
    const { state, idle } = heap();
    for (let tick = 0; tick < 5; tick++) {
      state.used += 20 * MIB;
      idle.tick(0, 0);
    }
    for (let tick = 0; tick < 5; tick++) idle.tick(0, 0);
    expect(state.collections).toBe(0);
    idle.tick(0, 0);
    expect(state.collections).toBe(1);
    rest(idle);
    expect(state.collections).toBe(1);
  });

  it("collects what loading took, unless calls came at once", () => {
    const busy = heap();
    busy.idle.begin(1);
    expect(busy.state.collections).toBe(0);
    const { state, idle } = heap();
    state.used += 3 * MIB;
    idle.begin(0);
    expect(state).toMatchObject({ collections: 1, used: 20 * MIB });
  });

  it("leaves calls alone, and a heap that is not worth it", () => {
    const { state, idle } = heap();
    state.used += 7 * MIB;
    rest(idle);
    state.used += 7 * MIB;
    idle.tick(1, 0);
    idle.tick(1, 0);
    expect(state.collections).toBe(0);
    rest(idle);
    expect(state.collections).toBe(1);
  });

  it("takes a process for busy that makes calls between the looks, however its heap looks", () => {
    const { state, idle } = heap();
    state.used += 20 * MIB;
    for (let tick = 1; tick < 20; tick++) idle.tick(0, tick);
    expect(state.collections).toBe(0);
  });

  it("does not come back to what is not garbage", () => {
    const { state, idle } = heap();
    state.used = state.kept = 80 * MIB;
    idle.tick(0, 0);
    rest(idle);
    rest(idle);
    expect(state.collections).toBe(1);
  });

  it("can collect in this process", () => {
    const kept = new WeakRef({});
    const garbage = Array.from({ length: 200_000 }, (_, at) => ({ at }));
    const before = processHeap.used();
    garbage.length = 0;
    processHeap.collect();
    expect(processHeap.used()).toBeLessThan(before);
    expect(kept).toBeDefined();
  });
});
