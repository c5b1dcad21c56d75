// Programs of others that a test needs and a machine may not have.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

export interface Missing {
  /** A sentence for the test that is skipped. */
  readonly missing: string;
}

/** The folder with the programs of a set of Python packages, see scripts/python-tools.mjs. */
export function pythonTools(name: "schemathesis" | "mcpo"): { readonly bin: string } | Missing {
  const answer = ask("python-tools.mjs", name);
  return typeof answer === "string" ? { bin: answer } : answer;
}

/** Where a Chromium is, see scripts/chromium.mjs. */
export function chromium(): { readonly path: string } | Missing {
  const answer = ask("chromium.mjs");
  return typeof answer === "string" ? { path: answer } : answer;
}

/** The program of a release of Open WebUI, see scripts/open-webui.mjs. */
export function openWebUi(release: string): { readonly path: string } | Missing {
  const answer = ask("open-webui.mjs", release);
  return typeof answer === "string" ? { path: answer } : answer;
}

function ask(script: string, ...args: readonly string[]): string | Missing {
  const file = fileURLToPath(new URL(`../../scripts/${script}`, import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [file, ...args], { encoding: "utf8" });
  return status === 0 ? stdout.trim() : { missing: stderr.trim() };
}
