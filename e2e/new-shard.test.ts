// A newcomer's way, from a clean clone, as template/README.md says it: a shard made, run, registered, called, extended, tested; in this
// repository and as a project of its own.
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PORTS_PATIENCE, takePorts } from "./support/ports.ts";
import { stepsOf, walker } from "./support/walkthrough.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const guide = readFileSync(join(root, "template/README.md"), "utf8");
/** The ports that the guide names, and those of the house. */
const PORTS = [9100, 9101, 9102, 9105];

const scratch = mkdtempSync(join(tmpdir(), "shardgate-newcomer-"));
const clone = join(scratch, "shardgate");
const newcomer = walker(clone);
let whyNot: string | undefined;
let release: (() => void) | undefined;

beforeAll(async () => {
  ({ whyNot, release } = await takePorts(PORTS));
  const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], { cwd: root });
  for (const path of listed.toString().split("\0").filter(Boolean)) cpSync(join(root, path), join(clone, path));
}, PORTS_PATIENCE);

afterAll(async () => {
  await newcomer.stop();
  release?.();
  rmSync(scratch, { recursive: true, force: true });
});

/** Code of a file: its lines besides empty ones and comments. */
const linesOfCode = (code: string): number =>
  code.split("\n").filter((line) => line.trim() !== "" && !/^\s*(\/\*\*|\*|\/\/)/.test(line)).length;

test("the first tool of a new shard takes at most 60 lines of code", () => {
  const written = stepsOf(guide).filter(({ what }) => /^file .*src\/tools\//.test(what));
  expect(written).toHaveLength(2);
  const lines = written.reduce((sum, { code }) => sum + linesOfCode(code), 0);
  expect(lines).toBeLessThanOrEqual(60);
});

test("every step of the guide does what it says", { timeout: 600_000 }, async ({ skip, annotate }) => {
  if (whyNot !== undefined) skip(whyNot);
  const steps = stepsOf(guide);
  expect(steps).toHaveLength(guide.split("<!-- ").length - 1);
  for (const step of steps) {
    try {
      await newcomer.follow(step);
    } catch (error) {
      const isAudit = step.what.includes("where the registry answers audits");
      // Some mirrors of the registry have no audits.
      if (isAudit && /audit endpoint returned an error/.test(String(error))) {
        process.stderr.write("Not run: npm audit of the project of its own; the registry here answers none.\n");
        await annotate("npm audit was not answered by the registry here");
        continue;
      }
      throw new Error(`${step.what}: ${step.code}\n${(error as Error).message}\n${newcomer.screens()}`, {
        cause: error,
      });
    }
  }
});
