// `npm test`: every test that this machine can run, and at the end, plainly, what it could not run and why.
// Further arguments go to vitest (a file name, -t "a title", …). What starts processes and passed with these very files is not run again,
// but in continuous integration, or with `--again`.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { constants, setPriority, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { check } from "./check.mjs";
import { run } from "./lib/child.mjs";
import { keepPassed, keyOf, passedBefore, pathsOf } from "./lib/passed-before.mjs";
import { root } from "./lib/workspace.mjs";
import { releases } from "./open-webui.mjs";

const isAgain = process.argv.includes("--again");
const args = process.argv.slice(2).filter((arg) => arg !== "--again");
const scratch = mkdtempSync(join(tmpdir(), "shardgate-test-"));
const notRun = /** @type {string[]} */ ([]);
const flaky = /** @type {string[]} */ ([]);
let passed = 0;
let failed = 0;
let skipped = 0;
let interrupted = 0;

/** @param {string} title */
const heading = (title) => console.log(`\n== ${title}`);

/**
 * Runs a script that finds or makes something for the tests: at low priority, without a word until it is asked for.
 * @param {readonly string[]} command the script, relative to the root, and its arguments
 * @param {string} what the tests that need it, for the end
 * @returns {{ answer: Promise<string | undefined>, stop: () => void }} its last line; undefined: there is none, and `notRun` says why
 */
function helper([script = "", ...rest], what) {
  const command = [join(root, script), ...rest];
  // A group of its own, so that stopping it stops what it started too.
  const child = spawn(process.execPath, command, { cwd: root, stdio: ["ignore", "pipe", "pipe"], detached: true });
  const group = child.pid && -child.pid;
  if (child.pid) setPriority(child.pid, constants.priority.PRIORITY_LOW);
  let out = "";
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text) => (out += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (said = (said + text).slice(-4000)));
  /** @type {Promise<string | undefined>} */
  const answer = new Promise((done) => {
    child.on("error", (error) => done(without(what, `${script} could not be started: ${error.message}`)));
    child.on("close", (code) => {
      if (code === 0) done(out.trim().split("\n").at(-1));
      else done(without(what, lastLines(said) || `${script} ended with exit code ${code}`, code !== 3));
    });
  });
  const stop = () => {
    if (group && child.exitCode === null && child.signalCode === null) process.kill(group, "SIGTERM");
  };
  return { answer, stop };
}

/** @param {string} text */
const lastLines = (text) => text.trim().split("\n").slice(-5).join("\n    ");

/**
 * @param {string} what
 * @param {string} why
 * @param {boolean} [isFault] whether this counts as a failure: it was possible here, and went wrong
 */
function without(what, why, isFault = true) {
  if (isFault) failed += 1;
  notRun.push(`${what}: ${why}`);
  return undefined;
}

/**
 * Runs a vitest project and adds its figures.
 * @param {string} project its name; `*` stands for anything
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<import("./lib/vitest-summary.mjs").Summary | undefined>} its figures; undefined where not all of it passed
 */
async function vitest(project, env = {}) {
  // In continuous integration a bad moment of the machine stops nobody: what starts processes and failed there is run once more.
  const retry = process.env.CI && project !== "unit" ? ["--retry=1"] : [];
  const summaryFile = join(scratch, `${project.replace("*", "")}.json`);
  const code = await run(
    process.execPath,
    [
      join(root, "node_modules/vitest/vitest.mjs"),
      "run",
      `--project=${project}`,
      ...retry,
      "--passWithNoTests",
      "--reporter=default",
      `--reporter=${join(root, "scripts/lib/vitest-summary.mjs")}`,
      ...args,
    ],
    { cwd: root, env: { ...process.env, ...env, TEST_SUMMARY: summaryFile } },
  );
  if (interrupted) process.exit(interrupted);
  if (!existsSync(summaryFile)) {
    failed += 1;
    console.log(`vitest ended with ${code} before it could report.`);
    return undefined;
  }
  /** @type {import("./lib/vitest-summary.mjs").Summary} */
  const summary = JSON.parse(readFileSync(summaryFile, "utf8"));
  count(summary);
  // A threshold or a crash can fail a run in which no test failed.
  if (code !== 0 && summary.failed === 0) failed += 1;
  return code === 0 && summary.failed === 0 ? summary : undefined;
}

/** @param {import("./lib/vitest-summary.mjs").Summary} summary */
function count(summary) {
  passed += summary.passed;
  failed += summary.failed;
  skipped += summary.skipped.length;
  notRun.push(...skippedLines(summary.skipped));
  flaky.push(...summary.flaky.map(({ file, name, reason }) => `${file}: ${name}: ${reason?.split("\n")[0]}`));
}

/**
 * Runs a vitest project, unless it passed with the same files before.
 * @param {string} project
 * @param {NodeJS.ProcessEnv} env
 */
async function vitestOnce(project, env) {
  if (process.env.CI || args.length > 0) return void (await vitest(project, env));
  const key = keyOf(pathsOf(project), { ...process.env, ...env });
  const before = isAgain ? undefined : passedBefore(project, key);
  if (before === undefined) return keepPassed(project, key, await vitest(project, env));
  count(before.summary);
  const at = new Date(before.at).toLocaleString();
  console.log(
    `${before.summary.passed} tests passed on ${at} with these very files, and are not run again. All: npm test -- --again`,
  );
}

/**
 * One line for what a file skipped for one reason.
 * @param {import("./lib/vitest-summary.mjs").Summary["skipped"]} tests
 */
function skippedLines(tests) {
  const groups = Map.groupBy(tests, ({ file, reason }) => `${file}: ${reason ?? "no reason given"}`);
  return [...groups].map(
    ([why, [first, ...others]]) => `${why} (${first?.name}${others.length > 0 ? ` and ${others.length} more` : ""})`,
  );
}

/**
 * Waits for the build of Traefik, saying now and then that it goes on.
 * @param {Promise<string | undefined>} path
 */
async function waitFor(path) {
  const started = Date.now();
  let done = false;
  void path.finally(() => (done = true));
  for (let waited = 0; ; waited += 1) {
    await Promise.race([path, sleep(waited === 0 ? 1000 : 30_000, undefined, { ref: false })]);
    if (done) return await path;
    const minutes = ((Date.now() - started) / 60_000).toFixed(1);
    console.log(
      waited === 0
        ? "Building a real Traefik: about ten minutes, this once; it is kept outside the clone."
        : `… still building Traefik (${minutes} min)`,
    );
  }
}

// Somebody who asks for a few tests does not want to wait for a build.
const cached = args.length > 0 ? ["--cached"] : [];
const traefik = helper(
  ["scripts/traefik/build.mjs", ...cached],
  "tests against a real Traefik (the simulated one was used)",
);
// On a person's machine we take the engine that runs and start none.
const inCi = Boolean(process.env.CI) && args.length === 0;
const engine = inCi ? helper(["scripts/docker/engine.mjs", "images"], "tests with a Docker engine") : undefined;
// Begun now, they are there when their tests come.
const openWebUis = inCi
  ? releases.map((release) => helper(["scripts/open-webui.mjs", release], `tests in Open WebUI ${release}`))
  : [];
process.on("exit", () => {
  traefik.stop();
  for (const one of openWebUis) one.stop();
  engine?.stop();
  rmSync(scratch, { recursive: true, force: true });
});
for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
  process.on(signal, () => {
    interrupted = 128 + constants.signals[signal];
    // vitest is told too, and is given a moment to end its workers.
    setTimeout(() => process.exit(interrupted), 5000).unref();
  });
}

if (args.length === 0) {
  heading("Check");
  const checks = await check();
  passed += checks.passed;
  failed += checks.failed;
}
heading("Unit tests");
await vitest("unit");
heading("On a simulated and a real Traefik");
const bin = await waitFor(traefik.answer);
const withTraefik = bin ? { TRAEFIK_BIN: bin } : {};
await vitestOnce("traefik", withTraefik);
heading("End to end");
const dockerEnv = JSON.parse((await engine?.answer) ?? "{}");
await vitestOnce("e2e*", { ...withTraefik, ...dockerEnv });

// The engine of a run in continuous integration ends with it; its images stay for the next.
if (inCi) spawnSync(process.execPath, [join(root, "scripts/docker/engine.mjs"), "stop"], { stdio: "ignore" });

heading("Result");
if (notRun.length > 0) console.log(`Not run here:\n${notRun.map((line) => `  - ${line}`).join("\n")}`);
if (flaky.length > 0) console.log(`Passed only when run again:\n${flaky.map((line) => `  - ${line}`).join("\n")}`);
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = failed > 0 ? 1 : 0;
