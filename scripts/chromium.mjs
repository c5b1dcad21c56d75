// Prints where a Chromium is: CHROMIUM, or one of this machine; in continuous integration on Debian it is installed with apt.
// Exit code 3: there is none, and why.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

const names = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];
const found = () => {
  const folders = (process.env.PATH ?? "").split(":");
  return names.flatMap((name) => folders.map((folder) => `${folder}/${name}`)).find((path) => existsSync(path));
};

function install() {
  const isDebian = existsSync("/etc/os-release") && /^ID=debian$/m.test(readFileSync("/etc/os-release", "utf8"));
  if (process.env.CI === undefined || !isDebian || process.getuid?.() !== 0) return;
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  for (const args of [["update"], ["install", "--yes", "--no-install-recommends", "chromium"]]) {
    spawnSync("apt-get", ["-qq", ...args], { env, stdio: ["ignore", "ignore", "inherit"], timeout: 5 * 60_000 });
  }
}

const named = process.env.CHROMIUM;
if (!named && found() === undefined) install();
const path = named || found();
if (path) console.log(path);
else {
  console.error("No Chromium is installed; install one, or name it in CHROMIUM");
  process.exitCode = 3;
}
