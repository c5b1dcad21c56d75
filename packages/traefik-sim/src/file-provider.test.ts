import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createSimulatedTraefik, type SimulatedTraefik } from "./index.ts";

/** Timers that run when the test says so. */
function manualTimers() {
  const due = new Set<() => void>();
  return {
    timers: {
      setTimeout: (run: () => void) => {
        due.add(run);
        return run;
      },
      clearTimeout: (handle: unknown) => void due.delete(handle as () => void),
    },
    pass: () => {
      const [next] = due;
      due.delete(next as () => void);
      next?.();
    },
    waiting: () => due.size,
  };
}

let directory: string;
let traefik: SimulatedTraefik;
let clock: ReturnType<typeof manualTimers>;

const write = (rule: string) =>
  writeFileSync(
    join(directory, "a.yaml"),
    `http: {routers: {a: {rule: "${rule}", service: noop@internal, entryPoints: [web]}}}`,
  );
const rule = async () => {
  const answer = await traefik.fetch(new Request("http://traefik/api/http/routers/a@file"));
  return answer.ok ? ((await answer.json()) as { rule: string }).rule : undefined;
};

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "file-provider-"));
  clock = manualTimers();
  traefik = createSimulatedTraefik({ directory, watch: false, timers: clock.timers });
});
afterEach(() => {
  traefik.close();
  rmSync(directory, { recursive: true });
});

test("the first load takes effect at once, later ones wait for the throttle and only the last one counts", async () => {
  write("Host(`one`)");
  traefik.reload();
  write("Host(`two`)");
  traefik.reload();
  expect(await rule()).toBeUndefined();
  clock.pass();
  expect(await rule()).toBe("Host(`two`)");
});

test("a load without change takes the slot too", async () => {
  clock.pass();
  traefik.reload();
  write("Host(`one`)");
  traefik.reload();
  expect(await rule()).toBeUndefined();
  clock.pass();
  expect(await rule()).toBe("Host(`one`)");
});

test("a load that fails takes no slot", async () => {
  clock.pass();
  write("Host(`one`)");
  writeFileSync(join(directory, "b.yaml"), "http: {}");
  traefik.reload();
  rmSync(join(directory, "b.yaml"));
  traefik.reload();
  expect(await rule()).toBe("Host(`one`)");
});

test("close drops what waits", async () => {
  write("Host(`one`)");
  traefik.reload();
  traefik.close();
  expect(clock.waiting()).toBe(0);
  expect(await rule()).toBeUndefined();
});

test("below 3.7 there is no certificates endpoint, and the version says it is simulated", async () => {
  const old = createSimulatedTraefik({ directory, watch: false, timers: clock.timers, version: "3.6.2" });
  expect((await old.fetch(new Request("http://traefik/api/certificates"))).status).toBe(404);
  const version = await (await old.fetch(new Request("http://traefik/api/version"))).json();
  expect(version).toMatchObject({ Version: "3.6.2", Codename: "simulated" });
  old.close();
});

test("a router on a modelled and a plain entrypoint splits; the clone shows the entrypoint's TLS and middlewares", async () => {
  traefik.close();
  write("Host(`one`)");
  writeFileSync(
    join(directory, "a.yaml"),
    "http: {routers: {a: {rule: Host(`one`), service: noop@internal, entryPoints: [web, websecure]}}}",
  );
  const entryPoints = {
    web: { address: ":80" },
    websecure: { address: ":443", http: { tls: { certResolver: "le" }, middlewares: ["auth@file"] } },
  };
  traefik = createSimulatedTraefik({ directory, watch: false, timers: clock.timers, entryPoints });
  const view = async (name: string) =>
    (await traefik.fetch(new Request(`http://traefik/api/http/routers/${name}`))).json();
  expect(await view("a@file")).toMatchObject({ entryPoints: ["web"], using: ["web"] });
  expect(await view("websecure-a@file")).toMatchObject({
    entryPoints: ["websecure"],
    tls: { certResolver: "le", options: "default" },
    middlewares: ["auth@file"],
    error: ['middleware "auth@file" does not exist'],
  });
});
