// An engine of our own from Debian's packages, unpacked into its home and run from there: nothing is installed on the machine.
import { spawn, spawnSync } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { must } from "../lib/must.mjs";
import { docker, engineHome, NONE_ANSWERS, NotHere, programs } from "./engine-home.mjs";

/** These need no newer C library than Debian 12 has; its own engine (20.10) knows neither compose v2 nor buildx. */
const fromTrixie = ["docker.io", "docker-cli", "docker-compose", "docker-buildx", "containerd", "tini"];
/** These must fit the machine's C library. */
const fromHere = ["runc", "debootstrap", "iptables", "libip4tc2", "libip6tc2", "libxtables12", "libnftnl11", "libmnl0"];
const libraries = ["libnetfilter-conntrack3", "libnfnetlink0", "libseccomp2"];

const pidFile = join(engineHome, "dockerd.pid");
const logFile = join(engineHome, "dockerd.log");
const START_PATIENCE = 60_000;
const STOP_PATIENCE = 60_000;

/** The machine's Debian: its release, its mirror. @throws NotHere when we cannot run an engine here */
export function debian() {
  const release = existsSync("/etc/os-release") ? readFileSync("/etc/os-release", "utf8") : "";
  const codename = /^VERSION_CODENAME=(\w+)$/m.exec(release)?.[1];
  if (!/^ID=debian$/m.test(release) || !codename)
    throw new NotHere(`${NONE_ANSWERS}; this machine is not Debian, so we start none.`);
  if (process.getuid?.() !== 0) throw new NotHere(`${NONE_ANSWERS}; starting one of ours needs root.`);
  const folder = "/etc/apt/sources.list.d";
  const files = [
    "/etc/apt/sources.list",
    ...(existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : []),
  ];
  const lines = files.filter((file) => existsSync(file)).flatMap((file) => readFileSync(file, "utf8").split("\n"));
  const mirror = lines
    .map((line) => /^(?:deb|URIs:)\s(?:.*\s)?(https?:\/\/\S+\/debian)\/?(?:\s|$)/.exec(line)?.[1])
    .find(Boolean);
  if (!mirror) throw new NotHere(`${NONE_ANSWERS}; apt names no mirror of Debian, so we can start none.`);
  return { codename, mirror };
}

/** Unpacks the packages, with apt's state in a folder of its own. */
function unpack() {
  if (existsSync(join(programs, ".done"))) return;
  const { codename, mirror } = debian();
  console.error("Setting up a Docker engine from Debian's packages: about half a minute, this once.");
  const apt = join(engineHome, "apt");
  for (const folder of [programs, apt]) rmSync(folder, { recursive: true, force: true });
  for (const folder of ["lists/partial", "cache/archives/partial", "debs"])
    mkdirSync(join(apt, folder), { recursive: true });
  mkdirSync(programs, { recursive: true });
  const key = "[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]";
  writeFileSync(
    join(apt, "sources.list"),
    [...new Set([codename, "trixie"])].map((suite) => `deb ${key} ${mirror} ${suite} main\n`).join(""),
  );
  writeFileSync(
    join(apt, "conf"),
    [
      `Dir::Etc::SourceList "${apt}/sources.list";`,
      'Dir::Etc::SourceParts "/dev/null";',
      `Dir::State::Lists "${apt}/lists";`,
      `Dir::Cache "${apt}/cache";`,
      'Acquire::Languages "none";',
      'APT::Sandbox::User "root";\n',
    ].join("\n"),
  );
  const options = { cwd: join(apt, "debs"), env: { ...process.env, APT_CONFIG: join(apt, "conf") } };
  must("apt-get", ["-qq", "update"], options);
  const names = [
    ...fromTrixie.map((name) => `${name}/trixie`),
    ...[...fromHere, ...libraries].map((name) => `${name}/${codename}`),
  ];
  must("apt-get", ["-qq", "download", ...names], options);
  for (const deb of readdirSync(options.cwd)) must("dpkg", ["-x", join(options.cwd, deb), programs]);
  // What the packages' own scripts would have done.
  const links = { "usr/sbin/iptables": "xtables-nft-multi", "usr/sbin/ip6tables": "xtables-nft-multi" };
  for (const [link, target] of Object.entries(links)) {
    rmSync(join(programs, link), { force: true });
    symlinkSync(target, join(programs, link));
  }
  rmSync(apt, { recursive: true, force: true });
  rmSync(join(programs, "usr/share/doc"), { recursive: true, force: true });
  writeFileSync(join(programs, ".done"), "");
}

/** The folder in which the command line looks for compose and buildx. */
function commandLine() {
  const plugins = join(engineHome, "config/cli-plugins");
  mkdirSync(plugins, { recursive: true });
  for (const name of ["docker-compose", "docker-buildx"]) {
    const link = join(plugins, name);
    if (!existsSync(link)) symlinkSync(join(programs, "usr/libexec/docker/cli-plugins", name), link);
  }
}

/** Bridges must not be wider than the way out. */
function outgoingMtu() {
  const route = spawnSync("ip", ["-o", "route", "show", "default"], { encoding: "utf8" }).stdout ?? "";
  const device = /\bdev (\S+)/.exec(route)?.[1];
  const file = `/sys/class/net/${device}/mtu`;
  return device && existsSync(file) ? readFileSync(file, "utf8").trim() : "1500";
}

/** Starts it and waits until it answers. @throws NotHere where that is not possible */
export async function startEngine() {
  debian();
  mkdirSync(engineHome, { recursive: true });
  unpack();
  commandLine();
  // One left by a machine that went down would keep dockerd from starting.
  rmSync(pidFile, { force: true });
  const library = ["usr/lib", "lib"].map((folder) =>
    join(programs, folder, `${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu`),
  );
  const log = openSync(logFile, "w");
  const mtu = outgoingMtu();
  const child = spawn(
    join(programs, "usr/sbin/dockerd"),
    [
      `--host=unix://${engineHome}/docker.sock`,
      `--data-root=${engineHome}/data`,
      `--exec-root=${engineHome}/exec`,
      `--pidfile=${pidFile}`,
      `--init-path=${programs}/usr/bin/docker-init`,
      `--mtu=${mtu}`,
      `--default-network-opt=bridge=com.docker.network.driver.mtu=${mtu}`,
    ],
    {
      detached: true,
      stdio: ["ignore", log, log],
      env: {
        ...process.env,
        PATH: `${programs}/usr/sbin:${programs}/usr/bin:${programs}/sbin:${process.env.PATH}`,
        LD_LIBRARY_PATH: library.join(":"),
        XTABLES_LIBDIR: `${library[0]}/xtables`,
      },
    },
  );
  child.unref();
  closeSync(log);
  const place = { DOCKER_HOST: `unix://${engineHome}/docker.sock`, DOCKER_CONFIG: join(engineHome, "config") };
  for (const giveUp = Date.now() + START_PATIENCE; Date.now() < giveUp; await sleep(200)) {
    if (docker(["version"], place).status === 0) return;
    if (child.exitCode !== null) break;
  }
  const last = readFileSync(logFile, "utf8").trim().split("\n").slice(-3).join("\n");
  throw new NotHere(`A Docker engine of ours did not come up (${logFile}):\n${last}`);
}

/** Ends our engine; does nothing when none runs. */
export async function stopEngine() {
  const pid = existsSync(pidFile) ? Number(readFileSync(pidFile, "utf8")) : 0;
  const comm = `/proc/${pid}/comm`;
  const runs = () => existsSync(comm) && readFileSync(comm, "utf8").trim() === "dockerd";
  if (!runs()) return console.error("No engine of ours is running.");
  process.kill(pid, "SIGTERM");
  for (const giveUp = Date.now() + STOP_PATIENCE; runs(); await sleep(200)) {
    if (Date.now() > giveUp) throw new Error(`dockerd (${pid}) does not stop; see ${logFile}`);
  }
  return undefined;
}
