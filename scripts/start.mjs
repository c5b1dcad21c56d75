// `npm start`: the house. Gateway, time shard and Traefik shard side by side until Ctrl-C.
// Environment: HOST and PORT of the gateway (127.0.0.1, 9100), TIME_SHARD_PORT (9102), TRAEFIK_SHARD_PORT (9101), SHARDS (which shards the
// gateway uses; a shard of the house that is not among them is not started), and all that gateway and shards read themselves
// (TRAEFIK_API_URL, TRAEFIK_DYNAMIC_DIR, LOG_LEVEL, LOG_FORMAT, …). Further arguments go to `shardgate serve`.
import { constants } from "node:os";
import { join } from "node:path";
import { announceToken } from "./lib/announce-token.mjs";
import { takenPorts } from "./lib/ports.mjs";
import { supervise } from "./lib/supervisor.mjs";
import { waitUntilLive, waitUntilUp } from "./lib/wait-until-up.mjs";
import { welcome } from "./lib/welcome.mjs";
import { root } from "./lib/workspace.mjs";

const { env } = process;
const host = env.HOST || "127.0.0.1";
/** Where this machine reaches the gateway: a wildcard address is not one to connect to. */
const reachable = ["0.0.0.0", "::", "[::]"].includes(host) ? "127.0.0.1" : host;

/** @param {string} line */
const say = (line) => console.log(`[house] ${line}`);

/**
 * @param {string} line
 * @returns {never}
 */
function refuse(line) {
  console.error(`[house] ${line}`);
  process.exit(1);
}

/**
 * @param {string} variable
 * @param {number} usual
 */
function portFrom(variable, usual) {
  const port = Number(env[variable] || usual);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    refuse(`${variable} is "${env[variable]}", not a port (1-65535).`);
  return port;
}

const gatewayPort = portFrom("PORT", 9100);
const houseShards = [
  { name: "traefik", variable: "TRAEFIK_SHARD_PORT", port: portFrom("TRAEFIK_SHARD_PORT", 9101) },
  { name: "time", variable: "TIME_SHARD_PORT", port: portFrom("TIME_SHARD_PORT", 9102) },
];
const shardList = env.SHARDS || houseShards.map(({ port }) => `http://127.0.0.1:${port}`).join(",");
const wanted = houseShards.filter(({ port }) => new RegExp(`//(127\\.0\\.0\\.1|localhost):${port}\\b`).test(shardList));

const listeners = [
  { name: "gateway", variable: "PORT", host, port: gatewayPort },
  ...wanted.map((shard) => ({ ...shard, host: "127.0.0.1" })),
];
const taken = await takenPorts(listeners);
if (taken.length > 0) refuse(taken.join("\n[house] "));

// Compiled code is kept between runs: the second start is quicker.
const shared = { ...env, NODE_COMPILE_CACHE: env.NODE_COMPILE_CACHE || join(root, ".state/compile-cache") };
const serve = [join(root, "packages/gateway/bin/shardgate.mjs"), "serve", ...process.argv.slice(2)];
const gateway = {
  name: "gateway",
  args: serve,
  env: { ANNOUNCE_TOKEN: announceToken(), ...shared, SHARDS: shardList, HOST: host, PORT: String(gatewayPort) },
};
const shards = wanted.map(({ name, port }) => ({
  name: `${name} shard`,
  args: [join(root, `shards/${name}/dist/main.mjs`)],
  env: { ...shared, HOST: "127.0.0.1", PORT: String(port) },
}));

let ending = false;
/** @param {number} exitCode */
async function end(exitCode) {
  ending = true;
  await house.stop();
  process.exit(exitCode);
}

const house = supervise({
  say,
  giveUp: (why) => {
    console.error(`[house] ${why}`);
    void end(1);
  },
});

let askedAt = 0;
for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
  process.on(signal, () => {
    // One Ctrl-C may come twice, from the terminal and from npm; a second one of the person's comes later.
    if (ending && Date.now() - askedAt > 1000) {
      house.kill();
      process.exit(128 + constants.signals[signal]);
    }
    if (ending) return;
    askedAt = Date.now();
    say("stopping (again to stop at once) …");
    void end(0);
  });
}

// The gateway comes last, so that it finds its shards at once, and is stopped first, so that its last calls find them still.
for (const shard of shards) house.start(shard);
await Promise.all(wanted.map(({ port }) => waitUntilLive(`http://127.0.0.1:${port}/health`, 15_000)));
if (!ending) house.start(gateway);
const base = `http://${reachable.includes(":") ? `[${reachable}]` : reachable}:${gatewayPort}`;
const down = await waitUntilUp(`${base}/health`, { expected: shardList.split(",").length, patience: 45_000 });
if (!ending) {
  house.settled();
  for (const line of down) say(line);
  console.log(welcome({ base, isSimulated: !env.TRAEFIK_API_URL && wanted.some(({ name }) => name === "traefik") }));
}
