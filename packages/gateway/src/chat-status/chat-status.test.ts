import { describe, expect, it, onTestFinished } from "vitest";
import { configSchema } from "../config/schema.ts";
import { settle } from "../testing/fake-timers.ts";
import { ask, type Got, type Json, openWebUi, post, startScriptedHouse, textOf } from "../testing/scripted-house.ts";
import { SECRET, userToken } from "../testing/user-token.ts";

const URL_OF_CHATS = "http://chats.lan:3000";
const KEY = "sk-of-an-administrator";

interface Seen {
  readonly path: string;
  readonly description: string;
  readonly done: boolean;
}

/** A gateway whose upstream `nas` ends a call when the test says so, and an Open WebUI that keeps what it is shown. */
async function house(
  config: object = {},
  answer: (event: Seen) => Promise<Response> | Response = () => Response.json(true),
) {
  const seen: Seen[] = [];
  const keys = new Set<string | null>();
  const running: { readonly got: Got; say(method: string, params: Json): void; end(result?: Json): void }[] = [];
  const fetch = async (request: Request): Promise<Response> => {
    const { type, data } = (await request.json()) as { type: string; data: Omit<Seen, "path"> };
    const event = { path: `${type} ${new URL(request.url).pathname}`, ...data };
    seen.push(event);
    keys.add(request.headers.get("authorization"));
    return await answer(event);
  };
  const onCall = (got: Got): Response => {
    const stream = new TransformStream<Uint8Array, Uint8Array>();
    const writer = stream.writable.getWriter();
    const write = (message: Json): void => {
      void writer.write(Buffer.from(`data: ${JSON.stringify({ jsonrpc: "2.0", ...message })}\n\n`));
    };
    const content = [{ type: "text", text: "It is done." }];
    running.push({
      got,
      say: (method, params) => write({ method, params }),
      end(result = { content }) {
        write({ id: got.id, result: { resultType: "complete", ...result } });
        void writer.close();
      },
    });
    return new Response(stream.readable, { headers: { "content-type": "text/event-stream" } });
  };
  const settings = configSchema.parse({ open_webui: { url: URL_OF_CHATS, api_key: KEY }, ...config });
  const tools = [{ name: "copy", inputSchema: { type: "object" } }];
  const nas = { era: "modern" as const, tools, answer: onCall as never };
  const { auth, open_webui } = settings;
  const started = await startScriptedHouse({ nas }, { auth, open_webui }, fetch);
  onTestFinished(() => started.house.close());
  const begin = async (headers: Readonly<Record<string, string>> = openWebUi("message-1")) => {
    const before = running.length;
    const answered = ask(started.house, { era: "legacy", headers }, "tools/call", { name: "nas__copy", arguments: {} });
    for (let turn = 0; turn < 50 && running.length === before; turn++) await settle();
    const call = running.at(-1) as (typeof running)[number];
    const token = (call.got.params["_meta"] as Json | undefined)?.["progressToken"];
    return {
      ...call,
      token,
      answered,
      progress: (said: Json) => call.say("notifications/progress", { progressToken: token, ...said }),
    };
  };
  const lines = () => seen.map(({ description, done }) => `${description}${done ? " ." : ""}`);
  return { ...started, running, seen, keys, begin, lines };
}

describe("what a call of a chat does that takes long", () => {
  it("is shown in that chat, line after line, to the end", async () => {
    const { timers, begin, seen, lines, keys } = await house();
    const { progress, end, answered } = await begin();
    await timers.advance(1_000);
    expect(lines()).toEqual(["nas: copy"]);
    progress({ progress: 1, total: 4 });
    await timers.advance(1_000);
    progress({ progress: 2, total: 4, message: "half of\n it" });
    await timers.advance(1_000);
    end();
    expect(textOf(await answered)).toBe("It is done.");
    await settle();
    expect(lines()).toEqual(["nas: copy", "nas: copy: 25 %", "nas: copy: half of it", "nas: copy: done in 3.0 s ."]);
    expect(new Set(seen.map(({ path }) => path))).toEqual(
      new Set(["status /api/v1/chats/chat-1/messages/message-1/event"]),
    );
    expect([...keys]).toEqual([`Bearer ${KEY}`]);
  });

  it("says that it failed", async () => {
    const { timers, begin, lines } = await house();
    const { end, answered } = await begin();
    await timers.advance(1_500);
    end({ content: [{ type: "text", text: "full" }], isError: true });
    await answered;
    await settle();
    expect(lines().at(-1)).toBe("nas: copy: failed after 1.5 s .");
  });

  it("is not shown where it ends soon, or for another client, or a chat that is kept nowhere", async () => {
    const { timers, begin, lines } = await house();
    const strangers = [openWebUi("message-1"), {}, openWebUi("m", "local:7"), openWebUi("../../x")];
    for (const [index, headers] of strangers.entries()) {
      const { token, end, answered } = await begin(headers);
      await timers.advance(index === 0 ? 900 : 5_000);
      end();
      await answered;
      // Nobody else's message is changed.
      expect(token === undefined).toBe(index > 0);
    }
    await timers.advance(5_000);
    expect(lines()).toEqual([]);
  });

  it("shows the newest of many signs of progress, once a second and thirty times at most", async () => {
    const { timers, begin, lines } = await house();
    const { progress, end, answered } = await begin();
    for (let step = 1; step <= 400; step++) {
      progress({ progress: step, message: `step ${step}` });
      await timers.advance(100);
    }
    end();
    await answered;
    await settle();
    const shown = lines();
    expect(shown).toHaveLength(31);
    expect(shown[0]).toMatch(/^nas: copy: step (9|10)$/);
    expect(shown.at(-1)).toBe("nas: copy: done in 40.0 s .");
  });

  it("reaches a client that asked for progress itself, too", async () => {
    const { house: asked, timers, running, lines } = await house();
    const params = { name: "nas__copy", arguments: {}, _meta: { progressToken: "mine" } };
    const answer = post(asked, "/mcp", openWebUi("message-1"), { id: 1, method: "tools/call", params });
    for (let turn = 0; turn < 50 && running.length === 0; turn++) await settle();
    await timers.advance(1_000);
    running[0]!.say("notifications/progress", { progressToken: "mine", progress: 1, message: "there" });
    await timers.advance(1_000);
    running[0]!.end();
    expect(await (await answer).text()).toMatch(/"progressToken":"mine"[^]*It is done/);
    await settle();
    expect(lines()).toEqual(["nas: copy", "nas: copy: there", "nas: copy: done in 2.0 s ."]);
  });

  it.each([
    ["refuses", () => new Response("no", { status: 401 }), /HTTP 401; is api_key one of its keys\?/],
    [
      "is not there",
      () => Promise.reject(new TypeError("fetch failed", { cause: { code: "ECONNREFUSED" } })),
      /ECONNREFUSED/,
    ],
  ])("is in nobody's way where Open WebUI %s: it is said once a minute", async (_, answer, message) => {
    const { timers, begin, logger } = await house({}, answer as never);
    for (let count = 0; count < 3; count++) {
      const { end, answered } = await begin();
      await timers.advance(2_000);
      end();
      expect(textOf(await answered)).toBe("It is done.");
    }
    const told = logger.lines.filter(({ message: text }) => text === "no status shown in Open WebUI");
    expect(told).toEqual([expect.objectContaining({ url: URL_OF_CHATS, error: expect.stringMatching(message) })]);
    expect(JSON.stringify(logger.lines)).not.toContain(KEY);
  });

  it("has its last line before Open WebUI has the answer, and waits for it a moment where it hangs", async () => {
    const { timers, begin, lines } = await house({}, () => new Promise(() => undefined));
    const { end, answered } = await begin();
    await timers.advance(5_000);
    end();
    let isAnswered = false;
    void answered.then(() => (isAnswered = true));
    await timers.advance(290);
    expect(isAnswered).toBe(false);
    await timers.advance(10);
    expect(textOf(await answered)).toBe("It is done.");
    expect(lines()).toEqual(["nas: copy"]);
  });

  it("is shown for a token that is believed alone, where tokens are asked for", async () => {
    const { timers, begin, lines } = await house({ auth: { open_webui: { jwt_secret: SECRET } } });
    for (const believed of [{ "X-OpenWebUI-User-Jwt": "nonsense" }, userToken({ sub: "ada" })]) {
      const { end, answered } = await begin({ ...openWebUi("message-1"), ...believed });
      await timers.advance(1_000);
      end();
      await answered;
    }
    await settle();
    expect(lines()).toEqual(["nas: copy", "nas: copy: done in 1.0 s ."]);
  });

  it("is off without a key", async () => {
    const { timers, begin, lines } = await house({ open_webui: { url: URL_OF_CHATS, api_key: "" } });
    const { token, end, answered } = await begin();
    await timers.advance(2_000);
    end();
    await answered;
    expect([token, lines()]).toEqual([undefined, []]);
  });
});
