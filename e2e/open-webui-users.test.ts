// Users of one Open WebUI, as a model of its behaviour, in front of a house that knows them apart.
import { beforeAll, describe, expect, test } from "vitest";
import { plainIdentity, signedIdentity, type User } from "./open-webui/model/identity.ts";
import { connectMcp } from "./open-webui/model/mcp-connection.ts";
import { connectOpenApi } from "./open-webui/model/openapi-connection.ts";
import type { Connection, Release } from "./open-webui/model/outcome.ts";
import { startGateway, startShard, type Gateway } from "./support/house.ts";
import { stopAtEnd } from "./support/program.ts";

const stopLater = stopAtEnd();
const KEY = "house-key";

describe("two users of one Open WebUI, where policies name tools", () => {
  const ada: User = { id: "u-1", name: "Ada Löwe", email: "ada@example.org", role: "admin" };
  const bob: User = { id: "u-2", name: "ada@example.org", email: "bob@example.org", role: "user" };
  const SECRET = "their-secret";
  const ways = [
    { way: "a signed token", settings: { jwt_secret: SECRET }, say: (user: User) => signedIdentity(user, SECRET) },
    { way: "plain headers", settings: { trust_headers: true }, say: plainIdentity },
  ];
  const policies = [{ tools: ["time__convert_*", "time__find_*"], users: ["ADA@example.org"] }];

  describe.each(ways)("by $way", ({ settings, say }) => {
    let house: Gateway;
    beforeAll(async () => {
      const time = await stopLater(startShard("time"));
      house = await stopLater(
        startGateway({
          upstreams: { time: { kind: "shard", url: time.url } },
          auth: { open_webui: settings, policies },
          env: { GATEWAY_API_KEY: KEY },
        }),
      );
    });
    const argumentsOf = { time: "12:00", from: "UTC", to: ["UTC"] };

    test.each(["0.12.4", "0.11.4"] satisfies Release[])(
      "%s is given what each of them may call, over MCP",
      async (release) => {
        const [hers, his, nobodys] = await Promise.all(
          [say(ada), say(bob), {}].map((identity) => connectMcp(`${house.url}/mcp`, { release, key: KEY, identity })),
        );
        const names = ({ tools }: Connection) => tools.map(({ name }) => name);
        expect(names(hers!)).toEqual(
          expect.arrayContaining(["homelab_time__convert_time", "homelab_time__find_time_zone"]),
        );
        expect(names(hers!)).toHaveLength(4);
        expect(names(his!)).toHaveLength(2);
        expect(names(nobodys!)).toEqual(names(his!));
        expect(await hers!.call("homelab_time__convert_time", argumentsOf)).toMatchObject({ failed: false });
        for (const one of [hers!, his!, nobodys!]) {
          expect(await one.call("homelab_time__current_time")).toMatchObject({ failed: false });
          await one.stop();
        }
      },
    );

    test("over OpenAPI everybody is given every tool, and a call says why it may not be", async () => {
      const [hers, his] = await Promise.all(
        [ada, bob].map((user) => connectOpenApi(house.url, { key: KEY, identity: say(user) })),
      );
      expect(his!.tools).toHaveLength(4);
      expect(await hers!.call("time_convert_time", argumentsOf)).toMatchObject({ failed: false });
      const refused = await his!.call("time_convert_time", argumentsOf);
      expect(refused).toMatchObject({ failed: true, text: expect.stringContaining("HTTP error 403") });
      expect(refused.text).toContain(
        "Only certain users may call time__convert_time, and bob@example.org is none of them",
      );
    });
  });

  test("who writes plain headers where a token is asked for is nobody", async () => {
    const house = await stopLater(
      startGateway({
        upstreams: {},
        auth: { open_webui: { jwt_secret: SECRET }, policies },
        env: { SHARDS: (await stopLater(startShard("time"))).url, GATEWAY_API_KEY: KEY },
      }),
    );
    await house.until("time", "up");
    const forged = signedIdentity(ada, "guess");
    for (const identity of [plainIdentity(ada), forged, signedIdentity(ada, SECRET, -60)]) {
      const { tools } = await connectMcp(`${house.url}/mcp`, { key: KEY, identity });
      expect(tools).toHaveLength(2);
    }
  });
});
