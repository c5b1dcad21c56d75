import { hasRealTraefik } from "@shardgate/traefik-sim/real";
import { mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect } from "vitest";
import { openTarget, type Target } from "./open-target.ts";

/** What a suite has at hand; all but `kind` only while its tests run. */
export interface Stage {
  readonly kind: "simulated" | "real";
  readonly target: Target;
  /** URL of an HTTP server on loopback that answers every request. */
  readonly backendUrl: string;
  /** The managed folder. */
  readonly folder: string;
  poke(): void;
  /** Calls create_route for `app`, with more arguments. */
  create(args?: Readonly<Record<string, unknown>>): ReturnType<Target["call"]>;
  runs(router: string): Promise<boolean>;
  /** Puts a file into the dynamic directory as somebody else would, and waits until Traefik shows its router. */
  foreign(file: string, router: string, yaml: string): Promise<void>;
}

const real = hasRealTraefik("the route tools on a real Traefik");

/** Runs one suite on a simulated and, where there is one, on a real Traefik; after each test all routes are gone. */
export function onBothKinds(title: string, suite: (stage: Stage) => void): void {
  for (const kind of ["simulated", "real"] as const) {
    describe.skipIf(kind === "real" && !real)(`${title} (${kind} Traefik)`, () => {
      let target: Target;
      let backend: Server;
      beforeAll(async () => {
        target = await openTarget(kind);
        backend = createServer((_, response) => response.end("hello from the backend"));
        await new Promise<void>((done) => backend.listen(0, "127.0.0.1", done));
      });
      afterAll(async () => {
        await target.close();
        backend.close();
      });
      const stage: Stage = {
        kind,
        get target() {
          return target;
        },
        get backendUrl() {
          return `http://127.0.0.1:${(backend.address() as AddressInfo).port}`;
        },
        get folder() {
          return join(target.dynamicDir, "mcp-managed");
        },
        poke: () => utimesSync(stage.folder, new Date(), new Date()),
        create: (args = {}) =>
          target.call("create_route", {
            name: "app",
            host: "app.example.com",
            backend: stage.backendUrl,
            entrypoints: ["web"],
            ...args,
          }),
        runs: async (name) => (await target.house.client.item("http", "routers", `${name}@file`)) !== undefined,
        foreign: async (file, router, yaml) => {
          mkdirSync(target.dynamicDir, { recursive: true });
          writeFileSync(join(target.dynamicDir, file), yaml);
          await expect.poll(() => stage.runs(router), { timeout: 5000, interval: 20 }).toBe(true);
        },
      };
      afterEach(async () => {
        for (const name of readdirSync(target.dynamicDir))
          if (name !== "mcp-managed") rmSync(join(target.dynamicDir, name), { recursive: true });
        const { structured } = await target.call("list_routes", { managed_only: true });
        for (const { name } of structured["routes"] as { name: string }[]) await target.call("delete_route", { name });
      });
      suite(stage);
    });
  }
}
