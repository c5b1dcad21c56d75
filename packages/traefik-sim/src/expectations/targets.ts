import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startRealTraefik, type RealTraefik } from "../real/start-real-traefik.ts";
import type { EntryPoints } from "../runtime/entry-points.ts";
import { createSimulatedTraefik } from "../simulated-traefik.ts";
import type { Target } from "./observe.ts";

type Closable = Target & { close(): Promise<void> };

/** The entrypoints that the harness gives a real Traefik, for the simulated one. */
export const ENTRY_POINTS: EntryPoints = {
  web: { address: ":80" },
  websecure: { address: ":443" },
  tcpep: { address: ":90" },
  udpep: { address: ":91/udp" },
  traefik: { address: ":81" },
};

export function simulatedTarget(throttle = 1): Closable {
  const dynamicDir = mkdtempSync(join(tmpdir(), "simulated-traefik-"));
  mkdirSync(join(dynamicDir, "mcp-managed"));
  let failures = 0;
  const log = (line: string) => void (failures += Number(line.startsWith("Error occurred")));
  const traefik = createSimulatedTraefik({ directory: dynamicDir, throttle, entryPoints: ENTRY_POINTS, log });
  return {
    dynamicDir,
    fetch: (path, init) => traefik.fetch(new Request(`http://traefik${path}`, init)),
    failures: () => failures,
    close: () => {
      traefik.close();
      rmSync(dynamicDir, { recursive: true });
      return Promise.resolve();
    },
  };
}

export async function realTarget(throttle = "1ms"): Promise<Closable & { readonly traefik: RealTraefik }> {
  const traefik = await startRealTraefik({ throttle });
  let counted = 0;
  let failures = 0;
  return {
    traefik,
    dynamicDir: traefik.dynamicDir,
    fetch: (path, init) => fetch(`${traefik.apiUrl}${path}`, init),
    failures: () => {
      // Whole lines only, each looked at once.
      const text = traefik.log();
      const end = text.lastIndexOf("\n") + 1;
      failures += text.slice(counted, end).split("Error occurred during watcher callback").length - 1;
      counted = end;
      return failures;
    },
    close: () => traefik.stop(),
  };
}
