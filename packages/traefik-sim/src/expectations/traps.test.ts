import { rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { hasRealTraefik } from "../real/start-real-traefik.ts";
import { observe, type Target } from "./observe.ts";
import { realTarget, simulatedTarget } from "./targets.ts";

const real = hasRealTraefik("the file provider's traps on a real Traefik");
const targets = [
  { name: "simulated", open: () => Promise.resolve(simulatedTarget()), skip: false },
  { name: "real", open: () => realTarget(), skip: !real },
];

const route = (name: string) =>
  `http: {routers: {${name}: {rule: Host(\`${name}\`), service: s, entryPoints: [web]}}, services: {s: {loadBalancer: {servers: [{url: 'http://10.0.0.5'}]}}}}\n`;

describe.each(targets)("the file provider's traps: $name", ({ open, skip }) => {
  let target: Target & { close(): Promise<void> };
  beforeAll(async () => {
    if (!skip) target = await open();
  });
  afterAll(() => target?.close());
  beforeEach(() => (skip ? undefined : observe(target, { name: "empty", files: {} }).then(() => undefined)));

  const managed = (file: string) => join(target.dynamicDir, "mcp-managed", file);
  const poke = () => utimesSync(managed(""), new Date(), new Date());
  const status = async (name: string) => {
    const answer = await target.fetch(`/api/http/routers/${name}@file`);
    await answer.body?.cancel();
    return answer.status;
  };
  const becomes = async (name: string, wanted: number) => {
    await expect.poll(() => status(name), { timeout: 5000, interval: 20 }).toBe(wanted);
  };

  const routerNames = async (query: string) => {
    const list = (await (await target.fetch(`/api/http/routers?${query}`)).json()) as { name: string }[];
    return list.map(({ name }) => name).filter((name) => name.endsWith("@file"));
  };
  const ask = async (path: string, init?: RequestInit) => {
    const answer = init === undefined ? await target.fetch(path) : await target.fetch(path, init);
    const type = answer.headers.get("content-type");
    return { status: answer.status, next: answer.headers.get("x-next-page"), type, body: await answer.text() };
  };

  test.skipIf(skip)("a file in the sub-directory loads only after a poke", async () => {
    writeFileSync(managed("a.yaml"), route("a"));
    // What must not happen has no event to wait for.
    await sleep(250);
    expect(await status("a")).toBe(404);
    poke();
    await becomes("a", 200);
  });

  test.skipIf(skip)("a file at the top loads by itself", async () => {
    expect(await status("top")).toBe(404);
    writeFileSync(join(target.dynamicDir, "top.yml"), route("top"));
    await becomes("top", 200);
  });

  test.skipIf(skip)("the last route can be deleted", async () => {
    writeFileSync(managed("a.yaml"), route("a"));
    poke();
    await becomes("a", 200);
    rmSync(managed("a.yaml"));
    rmSync(managed("zz-mark.yaml"));
    poke();
    await becomes("a", 404);
    expect(await routerNames("")).toEqual([]);
  });

  test.skipIf(skip)("a broken file keeps a deleted route alive until it is gone itself", async () => {
    writeFileSync(managed("a.yaml"), route("a"));
    poke();
    await becomes("a", 200);
    writeFileSync(managed("broken.yaml"), "http: {routers: {}}");
    rmSync(managed("a.yaml"));
    const failures = target.failures();
    poke();
    await expect.poll(() => target.failures(), { timeout: 5000, interval: 20 }).toBeGreaterThan(failures);
    expect(await status("a")).toBe(200);
    rmSync(managed("broken.yaml"));
    poke();
    await becomes("a", 404);
  });

  test.skipIf(skip)("a name taken by an earlier file comes back when that file goes", async () => {
    const rule = async () => ((await (await target.fetch("/api/http/routers/r@file")).json()) as { rule: string }).rule;
    writeFileSync(join(target.dynamicDir, "routes.yml"), route("r").replace("Host(`r`)", "Host(`theirs`)"));
    await becomes("r", 200);
    writeFileSync(managed("r.yaml"), route("r").replace("Host(`r`)", "Host(`ours`)"));
    poke();
    await expect.poll(rule, { timeout: 5000, interval: 20 }).toBe("Host(`ours`)");
    rmSync(managed("r.yaml"));
    poke();
    await expect.poll(rule, { timeout: 5000, interval: 20 }).toBe("Host(`theirs`)");
  });

  test.skipIf(skip)("lists come in pages, errors as JSON in text/plain", async () => {
    expect(await ask("/api/http/routers?per_page=1")).toMatchObject({ status: 200, next: "2" });
    expect(await ask("/api/http/routers?per_page=1&page=2")).toMatchObject({ status: 200, next: "1" });
    expect(await ask("/api/http/routers?page=99")).toEqual({
      status: 400,
      next: null,
      type: "text/plain; charset=utf-8",
      body: '{"message":"invalid request: page: 99, per_page: 100"}\n',
    });
    expect(await ask("/api/http/routers?page=0")).toMatchObject({
      status: 400,
      body: '{"message":"invalid request: page: 0"}\n',
    });
    expect(await ask("/api/udp/routers?page=1")).toMatchObject({ status: 200, next: "1", body: "[]\n" });
    expect(await ask("/api/http/routers/x%20y%40file")).toMatchObject({
      status: 404,
      body: '{"message":"router not found: x y@file"}\n',
    });
    expect(await ask("/api/nothing")).toMatchObject({ status: 404, body: "404 page not found\n" });
    expect(await ask("/api/version", { method: "POST" })).toMatchObject({ status: 405 });
    expect(await ask("/api/certificates")).toMatchObject({ status: 200, body: "[]\n" });
  });

  test.skipIf(skip)("lists can be searched, filtered and sorted", async () => {
    const rules = route("b").replace(
      "routers: {",
      "routers: {a: {rule: Path(`/x`) && Host(`A.example.com`), service: s, middlewares: [gone], entryPoints: [web]}, ",
    );
    writeFileSync(managed("a.yaml"), rules);
    poke();
    await becomes("b", 200);
    expect(await routerNames("search=a.EXAMPLE")).toEqual(["a@file"]);
    expect(await routerNames("search=b@f")).toEqual(["b@file"]);
    expect(await routerNames("status=disabled")).toEqual(["a@file"]);
    expect(await routerNames("serviceName=s@file")).toEqual(["a@file", "b@file"]);
    expect(await routerNames("middlewareName=gone@file")).toEqual(["a@file"]);
    expect(await routerNames("sortBy=name&direction=desc")).toEqual(["b@file", "a@file"]);
    expect(await routerNames("sortBy=rule")).toEqual(["b@file", "a@file"]);
  });
});
