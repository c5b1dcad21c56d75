import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it, vi } from "vitest";
import { type FolderWatch, watchFolders } from "./watch-folders.ts";

const root = mkdtempSync(join(tmpdir(), "shardgate-watch-"));
const open: FolderWatch[] = [];
afterEach(() => {
  for (const watch of open.splice(0)) watch.close();
  rmSync(root, { recursive: true, force: true });
});

const soon = { timeout: 5_000, interval: 5 };

it("hears of every replacement of a file, and of a folder's that was replaced itself", async () => {
  const folder = join(root, "c");
  const file = join(folder, "gateway.yaml");
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, "0");
  let events = 0;
  const problems: string[] = [];
  const watch = watchFolders(
    () => events++,
    (problem) => problems.push(problem),
  );
  open.push(watch);
  await watch.follow([file, join(root, "not-there", "x.yaml")]);
  const hears = async (change: () => void): Promise<void> => {
    const before = events;
    change();
    await vi.waitFor(() => expect(events).toBeGreaterThan(before), soon);
  };
  const replace = (): void => {
    writeFileSync(`${file}.new`, "1");
    renameSync(`${file}.new`, file);
  };
  await hears(replace);
  await hears(replace);
  await hears(() => {
    renameSync(folder, `${folder}-old`);
    mkdirSync(folder);
    writeFileSync(file, "2");
  });
  await watch.follow([file]);
  rmSync(`${folder}-old`, { recursive: true });
  await hears(replace);
  await hears(replace);
  expect(problems).toEqual([]);
});
