// Ports of loopback, among test files that run side by side.
import { createServer, type Server } from "node:net";
import { vi } from "vitest";

/** Ports of a worker's own, outside of those that the system deals out (from 32768 on Linux, 49152 elsewhere). */
const PORTS = { first: 20_000, ofAWorker: 400, workers: 30 };
let nextPort = process.pid % PORTS.ofAWorker;

/** A port of loopback that nobody has and nobody is given, for what is told its port or has to come back at the same address. */
export async function freePort(): Promise<number> {
  // Where there are more workers, two share their ports, which are looked at before they are given.
  const worker = Number(process.env["VITEST_POOL_ID"] ?? 0) % PORTS.workers;
  for (let tried = 0; tried < PORTS.ofAWorker; tried++) {
    const port = PORTS.first + worker * PORTS.ofAWorker + (nextPort++ % PORTS.ofAWorker);
    if (await isFree(port)) return port;
  }
  throw new Error("no port of this worker's is free");
}

/** Whether a port of loopback can be had. */
export async function isFree(port: number): Promise<boolean> {
  const server = await listenAt(port);
  if (server === undefined) return false;
  await new Promise((closed) => server.close(closed));
  return true;
}

async function listenAt(port: number): Promise<Server | undefined> {
  const server = createServer().listen(port, "127.0.0.1");
  return await new Promise((resolve) => {
    server.once("listening", () => resolve(server)).once("error", () => resolve(undefined));
  });
}

/** Held by who may use the ports that documents name. */
const LOCK_PORT = 19_990;

/**
 * Ports that a document names, for a test that does what it says; one file has them at a time.
 * @returns why they cannot be had, where another program has one of them
 */
export async function takePorts(ports: readonly number[]): Promise<{ readonly whyNot?: string; release(): void }> {
  const lock = await vi.waitFor(
    async () => {
      const server = await listenAt(LOCK_PORT);
      if (server === undefined) throw new Error(`another test, or program, has port ${LOCK_PORT}`);
      return server;
    },
    { timeout: 400_000, interval: 100 },
  );
  const release = (): void => void lock.close();
  const free = await Promise.all(ports.map(isFree));
  const taken = ports.filter((_, index) => !free[index]);
  if (taken.length === 0) return { release };
  return {
    whyNot: `the usual ports are named, and of these ${taken.join(", ")} are taken by another program`,
    release,
  };
}

/** For a hook or a test that takes ports and may have to wait for them, in milliseconds. */
export const PORTS_PATIENCE = 600_000;
