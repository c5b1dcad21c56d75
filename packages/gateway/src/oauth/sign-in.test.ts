import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { ISSUER, SERVICE } from "./testing/guarded-service.ts";
import { HERE, signInHouse as house } from "./testing/sign-in-house.ts";

const scratch = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "shardgate-sign-ins-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

describe("an upstream that wants a person to sign in", () => {
  it("is down until somebody does, says how, and is up right after", async () => {
    const { upstream, signIn, call } = await house();
    expect(upstream).toMatchObject({ state: "down", error: "nobody has signed in yet; `shardgate login notes` does" });
    expect(upstream).not.toHaveProperty("signed_in");
    const after = await signIn();
    expect(after).toMatchObject({ state: "up", tools: 1, signed_in: expect.stringMatching(/^2026-01-01T00:00:00\.6/) });
    expect(await call()).toBe("a note");
  });

  it("is not asked over and over while nobody has", async () => {
    const { service, timers, settled } = await house();
    const before = service.requests();
    await timers.advance(60_000);
    expect(await settled()).toMatchObject({ state: "down" });
    expect(service.requests() - before).toBeLessThanOrEqual(4);
  });

  it("lists what it lists for anybody, and says of the rest what to do", async () => {
    const { upstream, call, settled } = await house({ behaviour: { isOpenButCalls: true } });
    expect(upstream).toMatchObject({ state: "up", tools: 1 });
    expect(await call()).toMatch(/nobody has signed in yet/);
    expect(await settled()).toMatchObject({ state: "up" });
  });

  it("asks for what the service names, proves who began it, and says who asks", async () => {
    const { service, login } = await house();
    const { page = "" } = await login();
    const { origin, pathname, searchParams } = new URL(page);
    expect(origin + pathname).toBe(`${ISSUER}/authorize`);
    expect(Object.fromEntries(searchParams)).toMatchObject({
      response_type: "code",
      client_id: "client-1",
      redirect_uri: `${HERE}/oauth/callback`,
      code_challenge_method: "S256",
      resource: `${SERVICE}/mcp`,
      scope: "notes",
      state: expect.stringMatching(/^[\w-]{32}$/),
    });
    expect(service.clients.get("client-1")).toMatchObject({
      client_name: "Shardgate",
      redirect_uris: [`${HERE}/oauth/callback`],
      grant_types: ["authorization_code", "refresh_token"],
    });
  });

  it("is asked with the client, scope and address that the configuration names", async () => {
    const oauth = {
      client_id: "mine",
      client_secret: "s",
      issuer: ISSUER,
      scope: "all",
      redirect_url: "https://gate.example/oauth/callback",
    };
    const { service, login } = await house({ oauth });
    const { page = "" } = await login();
    expect(Object.fromEntries(new URL(page).searchParams)).toMatchObject({
      client_id: "mine",
      scope: "all",
      redirect_uri: "https://gate.example/oauth/callback",
    });
    expect(service.clients.size).toBe(0);
  });

  it("asks for more where a call wanted more, and gives up nothing it had", async () => {
    const { signIn, call, login } = await house({ behaviour: { lacks: "notes.write" } });
    await signIn();
    expect(await call()).toMatch(/HTTP 403/);
    const { page = "" } = await login();
    expect(new URL(page).searchParams.get("scope")).toBe("notes notes.write");
  });

  it("is not signed in at another server than the configuration names", async () => {
    const { login, service } = await house({ oauth: { issuer: "https://other.example" } });
    expect(await login()).toMatchObject({ status: 502, error: expect.stringContaining("https://other.example") });
    expect(service.clients.size).toBe(0);
  });

  it("keeps its sign-in over a change of its definition", async () => {
    const { signIn, emit, settled, service } = await house();
    await signIn();
    const before = service.asked.length;
    emit({ connections: 2 });
    expect(await settled()).toMatchObject({ state: "up", tools: 1 });
    expect(service.asked).toHaveLength(before);
  });
});

describe("a token", () => {
  it("that is refused is renewed once for all calls that were refused, and none of them fails", async () => {
    const { service, signIn, call } = await house();
    await signIn();
    service.forget();
    const before = service.asked.length;
    expect(await Promise.all(Array.from({ length: 20 }, call))).toEqual(Array(20).fill("a note"));
    expect(service.asked.slice(before)).toEqual(["POST /token"]);
  });

  it("that is about to end is renewed before it is used", async () => {
    const { service, signIn, call, timers } = await house({ behaviour: { lasts: 3600 } });
    await signIn();
    await timers.advance(3_540_000);
    const before = service.asked.length;
    expect(await call()).toBe("a note");
    expect(service.asked.slice(before)).toEqual([]);
    await timers.advance(40_000);
    expect(await call()).toBe("a note");
    expect(service.asked).toContain("POST /token");
  });

  it("that cannot be renewed any more takes the upstream down, with what to do", async () => {
    const { service, signIn, call, settled } = await house({ behaviour: { renewal: "invalid_grant" } });
    await signIn();
    service.forget();
    expect(await call()).toMatch(
      /^notes: the sign-in has ended \(because invalid_grant\); `shardgate login notes` begins another$/,
    );
    expect(await settled()).toMatchObject({ state: "down", error: expect.stringContaining("shardgate login notes") });
    service.behaviour.renewal = undefined;
    expect(await signIn()).toMatchObject({ state: "up" });
  });

  it("without a way to renew it ends with the sign-in", async () => {
    const { service, signIn, call } = await house({ behaviour: { givesRefresh: false } });
    await signIn();
    service.forget();
    expect(await call()).toMatch(/the sign-in has ended; `shardgate login notes` begins another/);
  });

  it("stays while the authorization server is away, which is asked every half a minute and no more", async () => {
    const { service, signIn, settled, timers } = await house({ behaviour: { renewal: "down" } });
    await signIn();
    service.forget();
    const before = service.asked.length;
    await timers.advance(20_000);
    expect(await settled()).toMatchObject({ state: "down", error: expect.stringMatching(/could not be renewed/) });
    expect(service.asked.slice(before)).toEqual(["POST /token"]);
    service.behaviour.renewal = undefined;
    await timers.advance(30_000);
    expect(await settled()).toMatchObject({ state: "up" });
  });

  it("is kept in a file that nobody else may read, and outlives a restart", async () => {
    const stateDir = scratch();
    const first = await house({ stateDir });
    await first.signIn();
    const folder = join(stateDir, "sign-ins");
    const [file = "", ...others] = readdirSync(folder);
    expect(others).toEqual([]);
    expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(folder, file), "utf8")).toContain("refresh-1");
    expect((await house({ stateDir, service: first.service })).upstream).toMatchObject({ state: "up", tools: 1 });
    expect((await house({ stateDir, service: first.service, oauth: { storage: "memory" } })).upstream.state).toBe(
      "down",
    );
  });

  it("that another process has renewed already is taken from there", async () => {
    const stateDir = scratch();
    const first = await house({ stateDir });
    await first.signIn();
    const second = await house({ stateDir, service: first.service });
    first.service.forget();
    expect(await second.call()).toBe("a note");
    const before = first.service.asked.length;
    expect(await first.call()).toBe("a note");
    expect(first.service.asked).toHaveLength(before);
  });

  it("stands in no log line, no answer and not in /health", async () => {
    const { service, signIn, call, logger, ask, login } = await house({ behaviour: { renewal: "invalid_grant" } });
    await signIn();
    const { page = "" } = await login();
    service.forget();
    const seen = [await call(), JSON.stringify(logger.lines), await (await ask("/health")).text()].join("\n");
    for (const secret of ["access-1", "refresh-1", "code-1", new URL(page).searchParams.get("state") as string]) {
      expect(seen).not.toContain(secret);
    }
  });
});
