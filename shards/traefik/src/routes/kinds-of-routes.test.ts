import { createSocket } from "node:dgram";
import { readFileSync } from "node:fs";
import { connect, createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { onBothKinds } from "../testing/on-both-kinds.ts";

onBothKinds("kinds of routes", (stage) => {
  test("TCP: made, connected through, deleted", async () => {
    // A probe hangs up as soon as it is connected.
    const echo = createServer((socket) => socket.on("error", () => {}).end("hello over tcp"));
    await new Promise<void>((done) => echo.listen(0, "127.0.0.1", done));
    const backend = `127.0.0.1:${(echo.address() as AddressInfo).port}`;
    const made = await stage.target.call("create_route", { name: "db", protocol: "tcp", backend });
    expect(made.structured).toMatchObject({
      ok: true,
      outcome: "active",
      picked: ["entrypoint tcpep (the only one for TCP)"],
      route: { rule: "HostSNI(`*`)", backends: [backend] },
    });
    const address = stage.target.traefik?.tcpAddress;
    if (address !== undefined) {
      const [host, port] = address.split(":") as [string, string];
      const said = await new Promise((done, fail) =>
        connect({ host, port: Number(port) })
          .on("data", (data) => done(data.toString()))
          .on("error", fail),
      );
      expect(said).toBe("hello over tcp");
    }
    expect((await stage.target.call("list_routes", { protocol: "tcp" })).structured).toMatchObject({
      total: 1,
      routes: [{ name: "mcp-db@file", priority: "-1", managed: true }],
      drift: [],
    });
    await expect(stage.target.call("create_route", { name: "db2", protocol: "tcp", backend })).rejects.toThrow(
      "mcp-db@file has the same rule",
    );
    expect((await stage.target.call("delete_route", { name: "db" })).structured).toMatchObject({
      ok: true,
      outcome: "deleted",
    });
    echo.close();
  });

  test("TCP with a host name uses TLS", async () => {
    const made = await stage.target.call("create_route", {
      name: "db",
      protocol: "tcp",
      host: "db.example.com",
      backend: "10.0.0.9:5432",
      tls_passthrough: true,
      entrypoints: ["tcpep"],
    });
    expect(made.structured).toMatchObject({
      ok: true,
      outcome: "active",
      route: { rule: "HostSNI(`db.example.com`)" },
    });
    await expect(
      stage.target.call("create_route", {
        name: "x",
        protocol: "tcp",
        host: "x.example.com",
        backend: "10.0.0.9:1",
        tls: "off",
      }),
    ).rejects.toThrow("needs TLS");
  });

  test("UDP: one route on an entrypoint", async () => {
    const server = createSocket("udp4");
    server.on("message", (message, from) => server.send(`echo ${message.toString()}`, from.port, from.address));
    await new Promise<void>((done) => server.bind(0, "127.0.0.1", done));
    const made = await stage.target.call("create_route", {
      name: "dns",
      protocol: "udp",
      backend: `127.0.0.1:${server.address().port}`,
    });
    expect(made.structured).toMatchObject({ ok: true, outcome: "active", route: { rule: "", entrypoints: ["udpep"] } });
    const address = stage.target.traefik?.udpAddress;
    if (address !== undefined) {
      const client = createSocket("udp4");
      const said = new Promise((done) => client.on("message", (message) => done(message.toString())));
      client.send("hi", Number(address.split(":")[1]), "127.0.0.1");
      expect(await said).toBe("echo hi");
      client.close();
    }
    await expect(
      stage.target.call("create_route", { name: "dns2", protocol: "udp", backend: "10.0.0.9:53" }),
    ).rejects.toThrow("only one route there");
    expect((await stage.target.call("delete_route", { name: "dns" })).structured).toMatchObject({
      ok: true,
      outcome: "deleted",
    });
    server.close();
  });

  test("fields of another protocol are refused by name", async () => {
    await expect(
      stage.target.call("create_route", { name: "x", protocol: "udp", host: "a.example.com", backend: "10.0.0.9:53" }),
    ).rejects.toThrow("`host` does not exist for UDP");
    await expect(
      stage.target.call("create_route", { name: "x", protocol: "tcp", path_prefix: "/a", backend: "10.0.0.9:53" }),
    ).rejects.toThrow("`path_prefix` does not exist for TCP");
    await expect(stage.create({ tls_passthrough: true })).rejects.toThrow("TCP routes only");
    for (const backend of [
      "10.0.0.9",
      "0xa9.254.169.254:80",
      "localhost:5432",
      "169.254.169.254:80",
      "a b:1",
      "a:99999",
    ]) {
      await expect(
        stage.target.call("create_route", { name: "x", protocol: "tcp", backend, entrypoints: ["tcpep"] }),
      ).rejects.toThrow("`backend`");
    }
  });

  test("presets bring middlewares of their own, and hashes are never shown again", async () => {
    const hash = "$2y$05$abcdefghijklmnopqrstuuE1Yk3dA0YxZ3n5gq0r8v1Yy5zYh0m6e";
    const made = await stage.create({
      security_headers: true,
      ip_allowlist: ["127.0.0.0/8"],
      basic_auth_users: [`me:${hash}`],
      rate_limit: { average: 10 },
    });
    expect(made.structured).toMatchObject({
      ok: true,
      outcome: "active",
      warnings: ["Requests travel unencrypted on this entrypoint."],
    });
    expect((made.structured["route"] as { middlewares: string[] }).middlewares).toEqual(
      ["allow", "auth", "rate", "headers"].map((part) => `mcp-app-${part}@file`),
    );
    expect(readFileSync(join(stage.folder, "mcp-app.yaml"), "utf8")).toContain(hash);
    for (const [tool, args] of [
      ["get_route", { name: "app" }],
      ["delete_route", { name: "app", dry_run: true }],
      ["list_routes", {}],
    ] as const) {
      const shown = await stage.target.call(tool, args);
      expect(JSON.stringify(shown)).not.toContain("abcdefghijklm");
    }
    await expect(stage.create({ basic_auth_users: ["me:secret"] })).rejects.toThrow("name and a hash");
    await expect(stage.create({ ip_allowlist: ["10.0.0.0/99"] })).rejects.toThrow("`ip_allowlist`");
  });

  test("answers can be passed on as they come", async () => {
    const made = await stage.create({ streaming: true });
    expect(made.structured).toMatchObject({ ok: true, outcome: "active" });
    const flush = async () =>
      (await stage.target.house.client.item("http", "services", "mcp-app@file"))?.["loadBalancer"];
    expect(await flush()).toMatchObject({ responseForwarding: { flushInterval: "-1ms" } });
    // Taking it away is proved too.
    expect((await stage.create({ if_exists: "replace" })).structured).toMatchObject({ ok: true, outcome: "active" });
    expect(await flush()).toMatchObject({ responseForwarding: { flushInterval: "100ms" } });
  });

  test("plain HTTP can be sent on to HTTPS", async () => {
    const made = await stage.create({ entrypoints: ["websecure"], tls: "on", redirect_https: true });
    expect(made.structured).toMatchObject({ ok: true, outcome: "active" });
    expect(await stage.runs("mcp-app-redirect")).toBe(true);
    expect((await stage.target.call("list_routes", {})).structured).toMatchObject({ drift: [] });
    await stage.target.call("delete_route", { name: "app" });
    expect(await stage.runs("mcp-app-redirect")).toBe(false);
    await expect(stage.create({ redirect_https: true })).rejects.toThrow("needs a route that uses HTTPS");
  });
});
