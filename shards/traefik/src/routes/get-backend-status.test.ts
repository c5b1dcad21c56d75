import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { onBothKinds } from "../testing/on-both-kinds.ts";

onBothKinds("get_backend_status", (stage) => {
  const ask = async (args: Record<string, unknown>) => (await stage.target.call("get_backend_status", args)).structured;

  test("a working route is told so, with what comes back through Traefik", async () => {
    await stage.create();
    const result = await ask({ route: "app" });
    expect(result).toMatchObject({
      ok: true,
      servers: [{ server: stage.backendUrl, traefik_status: "unknown_no_healthcheck" }],
    });
    // The simulated one has nothing to connect to, so nothing is probed there.
    if (stage.kind === "simulated")
      expect(result).toMatchObject({ end_to_end: [], diagnosis: expect.stringContaining("simulated") });
    else
      expect(result).toMatchObject({
        servers: [{ probe: { tcp: true, http_status: 200, conclusive: true } }],
        end_to_end: [{ status: 200, meaning: "it works" }],
      });
  });

  test("a dead backend is found although Traefik calls it up", async () => {
    const dead = createServer();
    await new Promise<void>((done) => dead.listen(0, "127.0.0.1", done));
    const url = `http://127.0.0.1:${(dead.address() as AddressInfo).port}`;
    await new Promise((done) => dead.close(done));
    await stage.create({ backend: url });
    const result = await ask({ route: "app" });
    expect(result["servers"]).toMatchObject([{ traefik_status: "unknown_no_healthcheck" }]);
    if (stage.kind === "real")
      expect(result).toMatchObject({
        ok: false,
        diagnosis: expect.stringContaining("ECONNREFUSED"),
        end_to_end: [{ status: 502, meaning: expect.stringContaining("could not reach the backend") }],
      });
  });

  test("a health check of Traefik counts once it has run", async () => {
    await stage.create({ backends: ["http://127.0.0.1:9"], health_check: { path: "/", interval_s: 1, timeout_s: 1 } });
    const up = (await ask({ route: "app", probe: false }))["servers"];
    expect(up).toHaveLength(2);
    if (stage.kind === "simulated") return;
    await expect
      .poll(() => ask({ route: "app", probe: false }), { timeout: 6000, interval: 200 })
      .toMatchObject({
        ok: false,
        servers: expect.arrayContaining([
          { server: "http://127.0.0.1:9", service: "mcp-app@file", traefik_status: "down" },
        ]),
      });
  });

  test("what Traefik reports comes first, with the remedy", async () => {
    await stage.foreign(
      "bad.yml",
      "bad",
      "http: {routers: {bad: {rule: Host(`bad.example.com`), service: gone, entryPoints: [web]}}}\n",
    );
    expect(await ask({ route: "bad" })).toMatchObject({
      ok: false,
      errors: ['the service "gone@file" does not exist'],
      next_step: expect.stringContaining("Name a service that exists"),
    });
    expect(await ask({ all_problems: true })).toMatchObject({
      ok: false,
      errors: ['bad@file: the service "gone@file" does not exist'],
    });
  });

  test("addresses that must not be probed are not", async () => {
    await stage.foreign(
      "meta.yml",
      "meta",
      "http: {routers: {meta: {rule: Host(`m.example.com`), service: m, entryPoints: [web]}}, services: {m: {loadBalancer: {servers: [{url: 'http://169.254.169.254'}]}}}}\n",
    );
    const [server] = (await ask({ route: "meta" }))["servers"] as { probe?: { error: string } }[];
    if (stage.kind === "real") expect(server?.probe?.error).toContain("not probed");
    expect(server).toMatchObject({ server: "http://169.254.169.254" });
  });

  test("nothing broken is told so", async () => {
    await expect
      .poll(() => ask({ all_problems: true }), { timeout: 5000 })
      .toMatchObject({ ok: true, servers: [], diagnosis: expect.stringContaining("Nothing seems broken") });
  });

  test("exactly one question at a time", async () => {
    await expect(ask({})).rejects.toThrow("exactly one of");
    await expect(ask({ route: "a", all_problems: true })).rejects.toThrow("exactly one of");
    await expect(ask({ service: "nope" })).rejects.toThrow("no services");
  });
});
