import { describe, expect, it } from "vitest";
import { ADMIN, signInHouse as house } from "./testing/sign-in-house.ts";

describe("POST /admin/login", () => {
  it("is for who has the admin token", async () => {
    const { ask } = await house();
    expect((await ask("/admin/login?upstream=notes", { method: "POST" })).status).toBe(401);
  });

  it("says what is wrong with what it is asked", async () => {
    const { ask, login } = await house();
    const headers = { authorization: `Bearer ${ADMIN}` };
    const other = await ask("/admin/login?upstream=nots", { method: "POST", headers });
    expect([other.status, await other.json()]).toEqual([
      404,
      { error: 'There is no upstream "nots"; name one with ?upstream=' },
    ]);
    expect(await login("&callback=ftp://x")).toMatchObject({ status: 400 });
    const open = await house({ isOpen: true });
    expect(await open.login()).toMatchObject({ status: 409, error: expect.stringContaining("oauth: true") });
  });

  it.each([
    [{ registration: "closed" as const }, /because access_denied/],
    [{ tokenEndpoint: "http://login.example/token" }, /./],
  ])("tells what the service says when no sign-in can begin or end: %j", async (behaviour, message) => {
    const { login, comeBack, service } = await house({ behaviour });
    const begun = await login();
    if (begun.page === undefined)
      return expect(begun).toMatchObject({ status: 502, error: expect.stringMatching(message) });
    expect(await comeBack(service.agree(begun.page))).toMatchObject({ status: 400 });
  });
});

describe("GET /oauth/callback", () => {
  it.each([
    ["a refusal", (back: URL) => back.searchParams.set("error", "access_denied"), "access_denied"],
    ["nothing that was begun", (back: URL) => back.searchParams.set("state", "x"), "no sign-in is waiting for this"],
    ["no code", (back: URL) => back.searchParams.delete("code"), "has no code"],
    ["a code that is none", (back: URL) => back.searchParams.set("code", "x"), "because invalid_grant"],
    ["the word of another server", (back: URL) => back.searchParams.set("iss", "https://evil.example"), "evil.example"],
  ])("takes no sign-in from %s", async (_, change, message) => {
    const { login, comeBack, service, settled } = await house();
    const { page = "" } = await login();
    const back = new URL(service.agree(page));
    change(back);
    const { status, text } = await comeBack(back.href);
    expect([status, text]).toEqual([400, expect.stringContaining(message)]);
    expect(await settled()).toMatchObject({ state: "down" });
  });

  it("takes a sign-in once, and only the last one that was begun", async () => {
    const { login, comeBack, service } = await house();
    const [first, second] = [await login(), await login()];
    const back = service.agree(second.page as string);
    expect((await comeBack(service.agree(first.page as string))).text).toContain("another one began after it");
    expect((await comeBack(back)).status).toBe(200);
    expect((await comeBack(back)).status).toBe(400);
  });

  it("is there for an upstream that is called as it is, too", async () => {
    expect(await (await house({ name: "oauth" })).signIn()).toMatchObject({ state: "up" });
    expect(await (await house({ name: "admin" })).signIn()).toMatchObject({ state: "up" });
  });

  it("takes none that began too long ago", async () => {
    const { login, comeBack, service, timers } = await house();
    const { page = "" } = await login();
    await timers.advance(601_000);
    expect((await comeBack(service.agree(page))).text).toContain("it began too long ago");
  });

  it("is a page that shows nothing of others as markup and gives its address to nobody", async () => {
    const { login, ask, service } = await house();
    const { page = "" } = await login();
    const back = new URL(service.agree(page));
    back.searchParams.set("error", "x");
    back.searchParams.set("error_description", "<script>alert(1)</script>");
    const answer = await ask(back.pathname + back.search);
    expect(await answer.text()).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "content-security-policy": expect.stringContaining("default-src 'none'"),
      "referrer-policy": "no-referrer",
      "cache-control": "no-store",
    });
  });
});
