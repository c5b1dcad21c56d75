import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createIdentify, identityFields, type OpenWebUiSettings } from "./open-webui-user.ts";

const now = (): Date => new Date("2026-11-21T12:00:00Z");
const seconds = now().getTime() / 1000;
const keyed = { isKeyAsked: () => true, now };

/** What a request is told by in the log. */
const describeUser = (settings: OpenWebUiSettings, deps: Parameters<typeof createIdentify>[1]) => {
  const identify = createIdentify(settings, deps);
  return (
    identify &&
    ((headers: readonly string[]) => {
      const identity = identify(headers);
      return identity && identityFields(identity);
    })
  );
};

const sign = (claims: object, { secret = "s3cret", alg = "HS256" } = {}): string => {
  const parts = [{ alg, typ: "JWT" }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"));
  return `${parts.join(".")}.${createHmac("sha256", secret).update(parts.join(".")).digest("base64url")}`;
};
const claims = {
  sub: "u1",
  name: "Ada",
  email: "ada@example.org",
  role: "admin",
  iss: "open-webui",
  exp: seconds + 300,
};

describe("plain headers", () => {
  const headers = [
    ["Host", "house"],
    ["X-OpenWebUI-User-Id", "u1"],
    ["X-OpenWebUI-User-Name", "Ada L%C3%B6we"],
    ["x-openwebui-user-email", "ada@example.org"],
    ["X-OpenWebUI-User-Role", "user"],
    ["X-OpenWebUI-Chat-Id", "c1"],
    ["X-OpenWebUI-Message-Id", "m1"],
  ].flat();

  it("are read where they are trusted, of requests with the key", () => {
    const user = { id: "u1", name: "Ada Löwe", email: "ada@example.org", role: "user" };
    const settings = { trust_headers: true };
    expect(describeUser(settings, keyed)?.(headers)).toEqual({ user, chat: "c1", chatMessage: "m1" });
    expect(describeUser(settings, { isKeyAsked: () => false, now })?.(headers)).toBeUndefined();
    expect(describeUser({ trust_headers: false }, keyed)).toBeUndefined();
    expect(describeUser(settings, keyed)?.(["Host", "house"])).toBeUndefined();
  });

  it("go into a log short, and without what a terminal obeys", () => {
    const bad = [
      "X-OpenWebUI-User-Name",
      `a%0A%1B[31m%E2%80%AE%${"b".repeat(1000)}`,
      "X-OpenWebUI-User-Id",
      `a%0A${"b".repeat(1000)}`,
    ];
    const said = describeUser({ trust_headers: true }, keyed)?.(bad);
    const user = said?.["user"] as Record<string, string>;
    expect(user["id"]).toBe(`a\ufffd${"b".repeat(126)}`);
    expect(user["name"]?.length).toBe(128);
  });
});

describe("the signed token", () => {
  const describeSigned = describeUser({ trust_headers: false, jwt_secret: "s3cret" }, { isKeyAsked: () => false, now });
  const userIn = (token: string): unknown =>
    describeSigned?.(["X-OpenWebUI-User-Jwt", token, "X-OpenWebUI-User-Id", "somebody else"])?.["user"];

  it("names the user, and plain headers beside it do not", () => {
    expect(userIn(sign(claims))).toEqual({ id: "u1", name: "Ada", email: "ada@example.org", role: "admin" });
    expect(describeSigned?.(["X-OpenWebUI-User-Id", "somebody else"])).toEqual({});
  });

  it.each([
    ["signed with another secret", sign(claims, { secret: "guess" }), "signature does not fit"],
    ["signed in another way", sign(claims, { alg: "none" }), "signed in another way than HS256"],
    ["expired", sign({ ...claims, exp: seconds - 31 }), "expired"],
    ["without an end", sign({ ...claims, exp: undefined }), "without an end"],
    ["from the future", sign({ ...claims, nbf: seconds + 31 }), "not valid yet"],
    ["from somebody else", sign({ ...claims, iss: "other" }), "not from Open WebUI"],
    [
      "changed",
      sign(claims).replace(/\.[^.]+\./, `.${Buffer.from('{"sub":"root"}').toString("base64url")}.`),
      "signature does not fit",
    ],
    ["no token at all", "abc", "no token"],
    ["endless", sign({ ...claims, name: "a".repeat(5000) }), "no token"],
  ])("is refused when it is %s, and says why without a part of it", (_, token, refused) => {
    expect(userIn(token)).toEqual({ refused });
  });

  it("is judged by the clock each time, however often it was seen", () => {
    let at = now();
    const identify = createIdentify(
      { trust_headers: false, jwt_secret: "s3cret" },
      { isKeyAsked: () => false, now: () => at },
    )!;
    const token = sign(claims);
    const ask = () => identify(["X-OpenWebUI-User-Jwt", token]);
    expect(ask()).toMatchObject({ principal: { id: "u1" } });
    expect(ask()?.principal).toBe(ask()?.principal);
    at = new Date(now().getTime() + 331_000);
    expect(ask()).toEqual({ refused: "expired" });
  });

  it("may be a little older than our clock says", () => {
    expect(userIn(sign({ ...claims, exp: seconds - 29 }))).toMatchObject({ id: "u1" });
  });
});
