import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import type { Announcement } from "@shardgate/contract";
import { announcementSchema } from "@shardgate/contract";
import { expect, it, vi } from "vitest";
import { addressFor, announce } from "./announce.ts";
import type { Log } from "./log.ts";

const poll = { interval: 2, timeout: 5000 };

/** A gateway that answers as the test says, and a clock that the test moves. */
function house(answer: (announcement: Announcement) => Response | Promise<Response>) {
  const heard: Announcement[] = [];
  const lines: string[] = [];
  const pauses: number[] = [];
  let proceed: (() => void) | undefined;
  const write = (level: string) => (_: object, message?: string) => void lines.push(`${level} ${message}`);
  const log: Log = {
    debug: write("debug"),
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
    child: () => log,
  };
  const announcing = announce({
    name: "nas",
    gateway: "http://gateway:9100",
    token: "the-token",
    url: async () => "http://10.0.0.7:9102",
    log,
    random: () => 0.5,
    fetch: async (url, init) => {
      expect(url).toBe("http://gateway:9100/announce");
      expect(new Headers(init.headers).get("authorization")).toBe("Bearer the-token");
      const announcement = announcementSchema.parse(JSON.parse(String(init.body)));
      heard.push(announcement);
      return answer(announcement);
    },
    wait: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(new Error("aborted"));
        pauses.push(ms);
        proceed = () => resolve(undefined);
        signal.addEventListener("abort", () => reject(new Error("aborted")));
      }),
  });
  const next = async (): Promise<void> => {
    await vi.waitFor(() => expect(proceed).toBeDefined(), poll);
    const before = pauses.length;
    proceed?.();
    await vi.waitFor(() => expect(pauses.length).toBeGreaterThan(before), poll);
  };
  return { announcing, heard, lines, pauses, next };
}

const lease = ({ name }: Announcement): Response => Response.json({ name, lease_s: 15, renew_s: 5 });

it("announces, renews in time under one instance, and withdraws when it stops", async () => {
  const { announcing, heard, lines, pauses, next } = house(lease);
  await next();
  await next();
  await announcing.stop();
  expect(heard).toHaveLength(4);
  expect(new Set(heard.map(({ instance }) => instance)).size).toBe(1);
  expect(heard.map(({ lease_s }) => lease_s)).toEqual([undefined, undefined, undefined, 0]);
  expect(heard[0]).toMatchObject({ name: "nas", url: "http://10.0.0.7:9102" });
  expect(new Set(pauses)).toEqual(new Set([5000]));
  expect(lines).toEqual(["info nas is announced to http://gateway:9100"]);
});

it("goes on trying with longer pauses while the gateway is away, and tells it once", async () => {
  let isAway = true;
  const { announcing, lines, pauses, next } = house((one) => {
    if (isAway) throw Object.assign(new TypeError("fetch failed"), { cause: { code: "ECONNREFUSED" } });
    return lease(one);
  });
  for (let times = 0; times < 5; times++) await next();
  expect(pauses).toEqual([1000, 2000, 5000, 10_000, 10_000, 10_000]);
  isAway = false;
  await next();
  expect(pauses.at(-1)).toBe(5000);
  expect(lines).toEqual([
    "warn nas is not announced; it goes on trying",
    "info nas is announced to http://gateway:9100",
  ]);
  await announcing.stop();
});

it.each([
  ["refuses", () => Response.json({ error: "The token is not the gateway's" }, { status: 401 })],
  ["takes no announcements", () => Response.json({ error: "Nothing is served" }, { status: 404 })],
  ["is no gateway", () => new Response("<html>")],
])("asks slowly where what answers %s, and stops all the same", async (_, answer) => {
  const { announcing, pauses, lines, next } = house(answer);
  await next();
  await announcing.stop();
  expect(pauses).toEqual([10_000, 10_000]);
  expect(lines.filter((line) => line.startsWith("warn"))).toHaveLength(1);
});

it("never asks more often than twice a second", async () => {
  const { announcing, pauses, next } = house(({ name }) => Response.json({ name, lease_s: 0.001, renew_s: 0 }));
  await next();
  await announcing.stop();
  expect(Math.min(...pauses)).toBe(500);
});

it("gives the address that the gateway can use", async () => {
  const gateway = createServer((socket) => socket.end()).listen(0, "127.0.0.1");
  await once(gateway, "listening");
  const url = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`;
  expect(await addressFor(url, "http://0.0.0.0:9102")).toBe("http://127.0.0.1:9102");
  expect(await addressFor(url, "http://[::]:9102")).toBe("http://127.0.0.1:9102");
  expect(await addressFor(url, "http://10.0.0.7:9102")).toBe("http://10.0.0.7:9102");
  gateway.close();
  await once(gateway, "close");
  await expect(addressFor(url, "http://0.0.0.0:9102")).rejects.toThrow(/cannot be reached \(ECONNREFUSED\)/);
});
