#!/usr/bin/env node
// Runs the gateway's program: the bundle when it was made, else the sources; under the Node that the repository brings along when the
// one that was asked is too old. (Plain JavaScript, because the old one reads this file.)
import { existsSync } from "node:fs";
import module from "node:module";
import { setFlagsFromString } from "node:v8";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const [major = 0] = process.versions.node.split(".").map(Number);

if (major >= 24) {
  // undici's HTTP parser is WebAssembly. V8 optimises it after a few hundred answers, which costs 12 MB for good; a gateway that has
  // little to do never needs that, so it comes a hundred times later. Must be set before the parser is loaded.
  setFlagsFromString("--wasm-tiering-budget=2000000000");
  // Where most of what a line of code made so far is still there, V8 makes the next of it among the old objects. A gateway with many
  // upstreams makes much at its start that stays, and after that a call leaves old objects behind that keep young ones: each young
  // collection then took 15 ms instead of half of one.
  setFlagsFromString("--no-allocation-site-pretenuring");
  // Compiled code is kept beside the bundle; where that cannot be written, starting just takes a little longer.
  module.enableCompileCache(here("../dist/.compile-cache"));
  await import(existsSync(here("../dist/shardgate.mjs")) ? "../dist/shardgate.mjs" : "../src/main.ts");
} else {
  await runUnderOwnNode();
}

async function runUnderOwnNode() {
  const ownNode = here(`../../../node_modules/node/bin/node${process.platform === "win32" ? ".exe" : ""}`);
  if (!existsSync(ownNode)) {
    console.error(
      `shardgate needs Node 24, and this is Node ${process.versions.node}. ` +
        "Install Node 24, or run `npm run setup` in the repository, which brings its own.",
    );
    process.exitCode = 1;
    return;
  }
  const { spawn } = await import("node:child_process");
  const child = spawn(ownNode, process.argv.slice(1), { stdio: "inherit" });
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
  // Ctrl-C on a terminal reaches the child by itself; a second one might mean "at once" to it.
  const pass = (signal) => (signal === "SIGINT" && process.stdin.isTTY) || child.kill(signal);
  for (const signal of signals) process.on(signal, pass);
  child.on("error", (error) => {
    console.error(`${ownNode} could not be started: ${error.message}`);
    process.exitCode = 1;
  });
  child.on("exit", (code, signal) => {
    for (const name of signals) process.off(name, pass);
    // Ended by a signal: end the same way, so that whoever called sees it.
    if (signal) process.kill(process.pid, signal);
    else process.exitCode = code ?? 1;
  });
}
