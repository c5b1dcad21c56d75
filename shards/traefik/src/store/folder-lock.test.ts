import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createFolderLock } from "./folder-lock.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "shardgate-lock-"));
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true, force: true });
});

test("a lock whose holder shows that it lives just as its work ends is released", async () => {
  const lock = createFolderLock(folder, { sleep: () => Promise.reject(new Error("somebody holds it")) });
  for (let round = 0; round < 100; round++) {
    await lock.hold(async () => void vi.advanceTimersByTime(100_000));
    expect(readdirSync(folder), `round ${round}`).toEqual([]);
  }
});
