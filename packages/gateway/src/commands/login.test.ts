import { describe, expect, it } from "vitest";
import { runIn } from "../testing/test-io.ts";

const PAGE = "https://login.example/authorize?state=s";

interface World {
  /** What `/health` says of `notes`, one after the other; the last one stays. */
  readonly notes: readonly (object | undefined)[];
  readonly login?: { readonly status: number; readonly body: object };
  readonly pasted?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A gateway that is asked to sign in at `notes`. @returns what the command did, and what was asked */
async function login(
  { notes, login: begun = { status: 200, body: { page: PAGE } }, pasted, env = {} }: World,
  ...args: string[]
) {
  const asked: string[] = [];
  let looks = 0;
  const fetch = async (request: Request): Promise<Response> => {
    const { pathname, search } = new URL(request.url);
    asked.push(`${request.method} ${pathname}${search} ${request.headers.get("authorization") ?? ""}`.trim());
    if (pathname === "/admin/login") return Response.json(begun.body, { status: begun.status });
    if (pathname === "/oauth/callback") return Response.json({ error: "because it is wrong" }, { status: 400 });
    const now = notes[Math.min(looks++, notes.length - 1)];
    return Response.json({ upstreams: now === undefined ? [] : [{ name: "notes", state: "down", tools: 0, ...now }] });
  };
  const inputChunks = async function* () {
    if (pasted !== undefined) yield Buffer.from(pasted);
  };
  const ran = await runIn({ fetch, env, inputChunks }, "login", "notes", ...args);
  return { ...ran, asked };
}

const DONE = { signed_in: "2026-01-01T00:00:00.000Z", state: "up", tools: 3 };

describe("shardgate login", () => {
  it("says where to agree, waits for it, and says what came of it", async () => {
    const { code, out, asked } = await login({ notes: [{}, DONE] }, "--admin-token", "t");
    expect([code, out]).toEqual([
      0,
      `Open this page and agree; the browser then comes back to the gateway:\n\n  ${PAGE}\n\nSigned in to notes: 3 tools.\n`,
    ]);
    const callback = encodeURIComponent("http://127.0.0.1:9100/oauth/callback");
    expect(asked[1]).toBe(`POST /admin/login?upstream=notes&callback=${callback} Bearer t`);
  });

  it("is not content with the sign-in that was there before", async () => {
    const before = { ...DONE, signed_in: "2025-01-01T00:00:00.000Z" };
    expect((await login({ notes: [before, DONE] })).code).toBe(0);
  });

  it("names another address for the browser, and takes the token of the environment", async () => {
    const { asked } = await login(
      { notes: [{}, DONE], env: { ADMIN_TOKEN: "e" } },
      "--callback",
      "https://gate.example/oauth/callback",
    );
    expect(asked[1]).toContain("callback=https%3A%2F%2Fgate.example%2Foauth%2Fcallback Bearer e");
  });

  it("brings back what a person pastes", async () => {
    const pasted = "hello\nhttp://localhost:9100/oauth/callback?code=c&state=s\n";
    const { asked, err } = await login({ notes: [{}, DONE], pasted });
    expect(asked).toContain("GET /oauth/callback?code=c&state=s");
    expect(err).toBe("That is not an address that a browser came back with.\nNot signed in: because it is wrong\n");
  });

  it.each([
    [
      { status: 401, body: { error: "The admin token is missing or wrong" } },
      /missing or wrong; run this where the gateway runs/,
    ],
    [{ status: 409, body: { error: 'notes has no sign-in; put "oauth: true"' } }, /^notes has no sign-in/],
    [{ status: 502, body: { error: "notes: no sign-in could begin: it is away" } }, /it is away/],
  ])("says why none could begin: %j", async (begun, message) => {
    const { code, err } = await login({ notes: [{}], login: begun });
    expect([code, err]).toEqual([1, expect.stringMatching(message)]);
  });
});
