// Everything that reads the sources without running them, side by side: types, lint, format. Exit code 1 when one of them objects.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { root } from "./lib/workspace.mjs";

const checks = [
  { name: "types", command: "tsc", args: ["-p", "."] },
  { name: "types of the scripts", command: "tsc", args: ["-p", "scripts"] },
  { name: "lint", command: "oxlint", args: [] },
  { name: "format", command: "oxfmt", args: ["--check", "."] },
];

/** @param {(typeof checks)[number]} check */
function ask({ name, command, args }) {
  return new Promise((done) => {
    const bin = join(root, "node_modules/.bin", command);
    const child = spawn(bin, args, {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
      shell: process.platform === "win32",
    });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (said += text));
    child.on("error", (error) => done({ name, passed: false, said: error.message }));
    child.on("close", (code) => done({ name, passed: code === 0, said }));
  });
}

/**
 * Runs all checks and prints what they object to.
 * @returns {Promise<{ passed: number, failed: number }>}
 */
export async function check() {
  /** @type {{ name: string, passed: boolean, said: string }[]} */
  const answers = await Promise.all(checks.map(ask));
  for (const { name, passed, said } of answers) {
    console.log(passed ? `ok      ${name}` : `FAILED  ${name}\n${said}`);
  }
  const passed = answers.filter((answer) => answer.passed).length;
  return { passed, failed: answers.length - passed };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.exitCode = (await check()).failed > 0 ? 1 : 0;
}
