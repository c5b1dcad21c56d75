// Installs the real Open WebUI for tests, from PyPI, without its parts for local models (no torch): about 0.8 GB and one to two minutes.
// Usage: node open-webui.mjs <version> [--install]: prints the path of its program. It is installed in continuous integration, or where
// --install is given, outside the clone. Exit code 3: it is not here, and why. Environment: SHARDGATE_CACHE, PYTHON (3.11 or 3.12).
import { spawnSync } from "node:child_process";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cache } from "./lib/cache.mjs";
import { withLock } from "./lib/lock.mjs";

/** The releases that the house is tried with: the newest, and the last from before MCP 2026-07-28. */
export const releases = ["0.12.4", "0.11.4"];

const PATIENCE_MS = 12 * 60_000;

/** What its slim mode (USE_SLIM_DOCKER) never imports: local models, vector stores and readers of documents. */
const UNUSED =
  `accelerate sentence-transformers transformers faster-whisper opencv-python-headless rapidocr onnxruntime einops
  azure-ai-documentintelligence azure-storage-blob google-cloud-storage anthropic opensearch-py pyarrow pandas chromadb
  sentencepiece soundfile youtube-transcript-api pymysql pyxlsb xlrd python-pptx python-docx docx2txt openpyxl msoffcrypto-tool
  pypandoc`.split(/\s+/);

/** Prints the requirements of the installed wheel that are left, one on a line. */
const REQUIREMENTS = `
import importlib.metadata as m, re, sys
drop = set(sys.argv[1:])
kept = [r for r in m.requires("open-webui") if "extra ==" not in r and re.split(r"[=\\[<>!; ]", r)[0].lower() not in drop]
print(*kept, "typer", "python-dateutil", sep="\\n")
`;

/** Ends the script with exit code 3 and a reason. */
class CannotInstall extends Error {}

/**
 * Runs a step of the installation.
 * @param {string} command
 * @param {readonly string[]} args
 */
function step(command, args) {
  const done = spawnSync(command, args, { encoding: "utf8", timeout: PATIENCE_MS, maxBuffer: 64 << 20 });
  if (done.status === 0) return done.stdout;
  const said = `${done.stderr || done.stdout || done.error || ""}`.trim().split("\n").slice(-5).join("\n");
  throw new CannotInstall(
    `${command} ${args.slice(0, 4).join(" ")} ended with ${done.status ?? done.signal}:\n${said}`,
  );
}

/** A Python that Open WebUI runs on: 3.11, or 3.12. */
function findPython() {
  const candidates = process.env["PYTHON"] ? [process.env["PYTHON"]] : ["python3.11", "python3.12", "python3"];
  const found = candidates.map((python) => {
    const asked = spawnSync(python, ["-c", "import ensurepip, sys; print('%d.%d' % sys.version_info[:2])"], {
      encoding: "utf8",
    });
    return { python, version: asked.status === 0 ? asked.stdout.trim() : undefined };
  });
  const fit = found.find(({ version }) => version === "3.11" || version === "3.12");
  if (fit) return fit.python;
  const seen = found.map(({ python, version }) => `${python}: ${version ?? "not there, or without venv"}`).join(", ");
  throw new CannotInstall(`Open WebUI needs Python 3.11 or 3.12 with venv (${seen}).`);
}

/**
 * @param {string} folder
 * @param {string} version
 */
function install(folder, version) {
  const python = findPython();
  console.error(`Installing Open WebUI ${version} into ${folder}: 0.8 GB, one to two minutes, this once.`);
  rmSync(folder, { recursive: true, force: true });
  step(python, ["-m", "venv", folder]);
  const own = join(folder, "bin/python");
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--retries=2"];
  step(own, [...pip, "--no-deps", `open-webui==${version}`]);
  const list = join(folder, "requirements.txt");
  writeFileSync(list, step(own, ["-c", REQUIREMENTS, ...UNUSED]));
  step(own, [...pip, "--requirement", list]);
}

/**
 * @param {string} version
 * @param {boolean} mayInstall
 */
async function main(version, mayInstall) {
  if (!/^\d+\.\d+\.\d+$/.test(version)) throw new Error("Usage: node open-webui.mjs <version> [--install]");
  const folder = join(cache, `open-webui-${version}`);
  // Written last: a virtual environment cannot be made elsewhere and moved, so an installation that was broken off is seen by this.
  const whole = join(folder, "installed");
  if (!existsSync(whole)) {
    if (!mayInstall)
      throw new CannotInstall(`Open WebUI ${version} is not installed; npm run e2e:openwebui does that once`);
    if (process.platform === "win32") throw new CannotInstall("Open WebUI is tried on Linux and macOS only");
    await withLock(`${folder}.lock`, async () => {
      if (existsSync(whole)) return;
      install(folder, version);
      writeFileSync(whole, version);
    });
  }
  return join(folder, "bin/open-webui");
}

if (process.argv[1] === import.meta.filename) {
  try {
    const [version = "", ...flags] = process.argv.slice(2);
    console.log(await main(version, process.env["CI"] !== undefined || flags.includes("--install")));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = error instanceof CannotInstall ? 3 : 1;
  }
}
