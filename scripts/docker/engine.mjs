// A Docker engine for tests and for trying compose.yaml: the one that answers, or, on Debian and as root, one of our own.
// Usage: node engine.mjs [find | up | images | stop]
//   find    only looks for one that answers
//   up      finds or starts an engine; the last line on stdout is JSON with the environment that reaches it
//   images  the same, and sees that the base images of our Dockerfiles are there (pulled, or made where no image registry answers)
//   stop    ends the engine that this script started; its images stay
// Exit code 3: there can be none here, the reason is on stderr.
// Environment: DOCKER_HOST (an engine of your own), SHARDGATE_CACHE (default ${XDG_CACHE_HOME:-~/.cache}/shardgate; first use about 1 GB).
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { withLock } from "../lib/lock.mjs";
import { baseImages } from "./base-images.mjs";
import { docker, engineHome, NONE_ANSWERS, NotHere } from "./engine-home.mjs";
import { startEngine, stopEngine } from "./own-engine.mjs";

/** The environments in which an engine may answer: the caller's own, then that of ours. */
const places = [{}, { DOCKER_HOST: `unix://${engineHome}/docker.sock`, DOCKER_CONFIG: join(engineHome, "config") }];

/**
 * Whether an engine answers there, with what else compose.yaml needs.
 * @param {Record<string, string>} place
 */
function answers(place) {
  return ["version", "compose version", "buildx version"].every((line) => docker(line.split(" "), place).status === 0);
}

/**
 * @param {boolean} mayStart
 * @returns {Promise<Record<string, string>>} the environment that reaches an engine
 */
async function reach(mayStart) {
  const [theirs = {}, ours = {}] = places;
  const found = [theirs, ours].find(answers);
  if (found) return found;
  if (!mayStart)
    throw new NotHere(`${NONE_ANSWERS}; \`node scripts/docker/engine.mjs up\` starts one on Debian, as root.`);
  await startEngine();
  if (!answers(ours)) throw new Error(`The engine runs but does not answer: ${docker(["version"], ours).stderr}`);
  return ours;
}

/** @param {string} task */
async function main(task) {
  if (task === "stop") return stopEngine();
  const env = await reach(task !== "find");
  if (task === "images") await baseImages(env);
  console.log(JSON.stringify(env));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    // Two at once: the second waits and finds everything made.
    const task = process.argv[2] ?? "up";
    await (task === "find" ? main(task) : withLock(join(engineHome, "lock"), () => main(task)));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = error instanceof NotHere ? 3 : 1;
  }
}
