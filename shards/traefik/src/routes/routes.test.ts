import { existsSync, readdirSync, readFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { expect, test } from "vitest";
import { onBothKinds } from "../testing/on-both-kinds.ts";
import { callTool } from "../testing/open-target.ts";

/** Asks an entrypoint for a host, which fetch would not let us name. */
function ask(url: string, host: string): Promise<{ status: number; body: string }> {
  return new Promise((done, fail) => {
    request(url, { headers: { host } }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => (body += text));
      response.on("end", () => done({ status: response.statusCode ?? 0, body }));
    })
      .on("error", fail)
      .end();
  });
}

onBothKinds("route tools", (stage) => {
  test("a route is made, seen, served, listed and deleted", async () => {
    const made = await stage.create({});
    expect(made.structured).toMatchObject({
      ok: true,
      outcome: "active",
      simulated: stage.kind === "simulated",
      errors: [],
      route: { name: "mcp-app", backends: [stage.backendUrl] },
    });
    expect(await stage.runs("mcp-app")).toBe(true);
    const web = stage.target.traefik?.webUrl;
    // The simulated Traefik has no entrypoint that listens.
    if (web !== undefined)
      await expect
        .poll(() => ask(web, "app.example.com"), { timeout: 2000 })
        .toEqual({ status: 200, body: "hello from the backend" });

    const listed = await stage.target.call("list_routes", { search: "app.example.com" });
    expect(listed.structured).toMatchObject({ total: 1, source: "api", conflicts: [], drift: [] });
    expect(listed.structured["routes"]).toMatchObject([
      {
        name: "mcp-app@file",
        hosts: ["app.example.com"],
        servers: [stage.backendUrl],
        managed: true,
        status: "enabled",
        entrypoints: ["web"],
      },
    ]);

    const deleted = await stage.target.call("delete_route", { name: "app" });
    expect(deleted.structured).toMatchObject({ ok: true, outcome: "deleted", route: { name: "mcp-app" } });
    expect(await stage.runs("mcp-app")).toBe(false);
    if (web !== undefined)
      await expect.poll(async () => (await ask(web, "app.example.com")).status, { timeout: 2000 }).toBe(404);
    expect((await stage.target.call("delete_route", { name: "mcp-app@file" })).structured).toMatchObject({
      ok: true,
      outcome: "already_gone",
    });
  });

  test("the same call twice changes nothing, another one is refused until it may replace", async () => {
    await stage.create({});
    const before = readFileSync(join(stage.folder, "mcp-app.yaml"), "utf8");
    expect((await stage.create({})).structured).toMatchObject({ ok: true, outcome: "unchanged" });
    await expect(stage.create({ host: "other.example.com" })).rejects.toThrow(
      /exists with other settings:[\s\S]*- .*app\.example\.com[\s\S]*\+ .*other\.example\.com/,
    );
    expect(readFileSync(join(stage.folder, "mcp-app.yaml"), "utf8")).toBe(before);
    const replaced = await stage.create({ host: "other.example.com", if_exists: "replace" });
    expect(replaced.structured).toMatchObject({
      ok: true,
      outcome: "active",
      route: { rule: "Host(`other.example.com`)" },
    });
    expect((await stage.target.house.client.item("http", "routers", "mcp-app@file"))?.["rule"]).toBe(
      "Host(`other.example.com`)",
    );
    const [newest] = await stage.target.house.history.of("mcp-app");
    expect(newest).toMatchObject({ action: "replace", before });
  });

  test("everything a route can have is written as wished and proved", async () => {
    const made = await stage.create({
      hosts: ["b.example.com"],
      path_prefix: "/api",
      strip_prefix: true,
      backends: ["http://10.0.0.7:81"],
      priority: 500,
      pass_host_header: false,
      sticky: true,
      health_check: { path: "/health", interval_s: 90, timeout_s: 3 },
    });
    expect(made.structured).toMatchObject({ ok: true, outcome: "active" });
    const router = await stage.target.house.client.item("http", "routers", "mcp-app@file");
    expect(router).toMatchObject({
      rule: "(Host(`app.example.com`) || Host(`b.example.com`)) && PathPrefix(`/api`)",
      middlewares: ["mcp-app-strip@file"],
      priority: 500,
    });
    // Taking a setting away is proved too.
    const plainer = await stage.create({ if_exists: "replace" });
    expect(plainer.structured).toMatchObject({ ok: true, outcome: "active" });
    const service = await stage.target.house.client.item("http", "services", "mcp-app@file");
    expect(service?.["loadBalancer"]).not.toHaveProperty("healthCheck");
  });

  test("a dry run writes nothing and shows the file", async () => {
    const dry = await stage.create({ dry_run: true });
    expect(dry.structured).toMatchObject({
      ok: true,
      outcome: "dry_run",
      yaml: expect.stringContaining("Host(`app.example.com`)"),
    });
    expect(dry.text).toContain("nothing was changed");
    expect(existsSync(join(stage.folder, "mcp-app.yaml"))).toBe(false);
    await stage.create({});
    const gone = await stage.target.call("delete_route", { name: "app", dry_run: true });
    expect(gone.structured).toMatchObject({ ok: true, outcome: "dry_run" });
    expect(await stage.runs("mcp-app")).toBe(true);
  });

  test("middlewares are found by their bare name, and a login is asked for", async () => {
    await stage.foreign(
      "auth.yml",
      "front",
      "http: {routers: {front: {rule: Host(`f`), service: noop@internal, middlewares: [login]}}, middlewares: {login: {basicAuth: {users: ['u:$apr1$x$y']}}}}\n",
    );
    const open = await stage.create({});
    expect(open.structured["warnings"]).toEqual(
      expect.arrayContaining([expect.stringContaining("No middleware asks for a login")]),
    );
    const closed = await stage.create({ middlewares: ["login"], if_exists: "replace" });
    expect(closed.structured).toMatchObject({
      outcome: "active",
      picked: expect.arrayContaining(["middleware login@file for login"]),
    });
    expect(closed.structured["warnings"]).not.toEqual(
      expect.arrayContaining([expect.stringContaining("No middleware asks")]),
    );
    await expect(stage.create({ middlewares: ["logn"], if_exists: "replace" })).rejects.toThrow(/no middleware "logn"/);
    const strict = stage.target.withSettings({ REQUIRE_AUTH_MIDDLEWARE: "true" });
    await expect(
      callTool(strict, "create_route", { name: "z", host: "z.example.com", backend: stage.backendUrl }),
    ).rejects.toThrow("needs a middleware that asks for a login");
  });

  test("an existing service can be published, Traefik's own cannot", async () => {
    await stage.foreign(
      "s.yml",
      "front",
      "http: {routers: {front: {rule: Host(`f`), service: shared, entryPoints: [web]}}, services: {shared: {loadBalancer: {servers: [{url: 'http://10.0.0.5'}]}}}}\n",
    );
    const made = await stage.target.call("create_route", {
      name: "app",
      host: "app.example.com",
      service: "shared",
      entrypoints: ["web"],
    });
    expect(made.structured).toMatchObject({
      ok: true,
      outcome: "active",
      route: { service: "shared@file", backends: [] },
    });
    await expect(
      stage.target.call("create_route", { name: "evil", host: "e.example.com", service: "api@internal" }),
    ).rejects.toThrow("belongs to Traefik itself");
    await expect(
      stage.target.call("create_route", { name: "evil", host: "e.example.com", service: "api" }),
    ).rejects.toThrow("no service");
  });

  test("two changes at once both hold", async () => {
    const made = await Promise.all(
      ["one", "two", "three"].map((name) =>
        stage.target.call("create_route", {
          name,
          host: `${name}.example.com`,
          backend: stage.backendUrl,
          entrypoints: ["web"],
        }),
      ),
    );
    expect(made.map(({ structured }) => structured["outcome"])).toEqual(["active", "active", "active"]);
  });

  test("leaves nothing but whole files behind", async () => {
    await stage.create({});
    expect(readdirSync(stage.folder)).toEqual(["mcp-app.yaml"]);
  });

  test("a backend that does not answer is warned about, an odd login too", async () => {
    await stage.foreign(
      "auth.yml",
      "front",
      "http: {routers: {front: {rule: Host(`f`), service: noop@internal, middlewares: [authentik], entryPoints: [web]}}, middlewares: {authentik: {forwardAuth: {address: 'http://10.0.0.3:9000/outpost.goauthentik.io/auth/traefik'}}}}\n",
    );
    const made = await stage.create({ backend: "http://127.0.0.1:9", middlewares: ["authentik"] });
    expect(made.structured).toMatchObject({ ok: true, outcome: "active" });
    const warnings = made.structured["warnings"] as string[];
    expect(warnings).toContainEqual(expect.stringContaining("authentik needs a second route for app.example.com"));
    if (stage.kind === "real")
      expect(warnings).toContainEqual(
        expect.stringContaining("http://127.0.0.1:9 does not answer from here (ECONNREFUSED)"),
      );
    const outpost = await stage.target.call("create_route", {
      name: "outpost",
      rule: "Host(`app.example.com`) && PathPrefix(`/outpost.goauthentik.io/`)",
      backend: stage.backendUrl,
      entrypoints: ["web"],
      probe_backend: false,
    });
    expect(outpost.structured).toMatchObject({ ok: true });
    const again = await stage.create({
      backend: "http://127.0.0.1:9",
      middlewares: ["authentik"],
      dry_run: true,
      if_exists: "replace",
      priority: 3,
    });
    expect(again.structured["warnings"]).not.toContainEqual(expect.stringContaining("authentik"));
  });
});
