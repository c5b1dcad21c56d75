import { callTool, testShard } from "@shardgate/shard-sdk/testing";
import { Temporal } from "temporal-polyfill";
import { describe, expect, it } from "vitest";
import { timeShard } from "./shard.ts";

const shard = timeShard(() => Temporal.Instant.from("2026-11-20T22:15:30.987Z"));
const call = (name: string, args: object) => callTool(shard, name, { ...args });

testShard(shard);

describe("current_time", () => {
  it("tells UTC by itself", async () => {
    const { structured, text } = await call("current_time", {});
    expect(structured).toEqual({ utc: "2026-11-20T22:15:30Z", unix: 1_795_212_930, weekday: "Friday", zones: [] });
    expect(text).toBe("It is Friday 2026-11-20T22:15:30Z.");
  });

  it("tells zones with their offset, and when it changes next", async () => {
    const { structured, text } = await call("current_time", { zones: ["europe/berlin", "Asia/Tokyo", "UTC-3"] });
    expect(structured?.["zones"]).toEqual([
      {
        zone: "Europe/Berlin",
        local: "2026-11-20T23:15:30",
        offset: "+01:00",
        weekday: "Friday",
        zone_name: "Central European Standard Time",
        next_change: { at: "2027-03-28T03:00:00", offset: "+02:00" },
      },
      expect.objectContaining({ zone: "Asia/Tokyo", local: "2026-11-21T07:15:30", weekday: "Saturday" }),
      expect.objectContaining({ zone: "-03:00", local: "2026-11-20T19:15:30", offset: "-03:00" }),
    ]);
    expect(text).toContain("Friday 2026-11-20 23:15:30 in Europe/Berlin (Central European Standard Time, UTC+01:00)");
  });

  it.each([
    ["Europe/Berln", "Europe/Berlin"],
    ["Tokyo", "Asia/Tokyo"],
    ["PST", "America/Los_Angeles"],
    ["new york", "America/New_York"],
  ])("suggests a zone for %s", async (zone, meant) => {
    const { isError, text } = await call("current_time", { zones: [zone] });
    expect(isError).toBe(true);
    expect(text).toContain(`There is no time zone "${zone}"`);
    expect(text).toContain(meant);
  });

  it("says where to look when nothing is near", async () => {
    const { isError, text } = await call("current_time", { zones: ["xyzzyplugh"] });
    expect(isError).toBe(true);
    expect(text).toContain("find_time_zone");
  });
});

describe("convert_time", () => {
  it("converts to several zones at once", async () => {
    const { structured, text } = await call("convert_time", {
      time: "2026-07-01T09:00",
      from: "America/Los_Angeles",
      to: ["Europe/London", "Asia/Kolkata"],
    });
    expect(structured).toMatchObject({
      kind: "exact",
      moments: [
        { utc: "2026-07-01T16:00:00Z", to: [{ local: "2026-07-01T17:00:00" }, { local: "2026-07-01T21:30:00" }] },
      ],
    });
    expect(text).toContain("2026-07-01 17:00:00 in Europe/London");
  });

  it("gives both moments of a time that happened twice, and says so first", async () => {
    const args = { time: "2026-10-25T02:30", from: "Europe/Berlin", to: ["UTC"] };
    const { structured, text } = await call("convert_time", args);
    expect(structured).toMatchObject({
      kind: "ambiguous",
      moments: [{ utc: "2026-10-25T00:30:00Z" }, { utc: "2026-10-25T01:30:00Z" }],
    });
    expect(text).toMatch(/^2026-10-25 02:30 in Europe\/Berlin happened twice/);
  });

  it("tells a time that never happened", async () => {
    const args = { time: "2026-03-29T02:30", from: "Europe/Berlin", to: ["UTC"] };
    const { structured } = await call("convert_time", args);
    expect(structured).toMatchObject({ kind: "skipped", note: expect.stringContaining("did not exist") });
  });

  it("says how to write a time", async () => {
    const { isError, text } = await call("convert_time", { time: "half past two", to: ["UTC"] });
    expect(isError).toBe(true);
    expect(text).toContain("Write it as ISO 8601");
  });
});

describe("find_time_zone", () => {
  it.each([
    ["Köln", "Europe/Berlin"],
    ["koln", "Europe/Berlin"],
    ["india", "Asia/Kolkata"],
    ["UK", "Europe/London"],
    ["CEST", "Europe/Berlin"],
    ["US/Pacific", "America/Los_Angeles"],
    ["Kiev", "Europe/Kyiv"],
    ["san fran", "America/Los_Angeles"],
    ["Sydeny", "Australia/Sydney"],
    ["utc", "UTC"],
  ])("finds %s", async (query, zone) => {
    const { structured } = await call("find_time_zone", { query, limit: 50 });
    expect(structured?.["zones"]).toContainEqual(expect.objectContaining({ zone }));
  });

  it.each([
    ["berlin", "Europe/Berlin"],
    ["London", "Europe/London"],
    ["paris", "Europe/Paris"],
    ["new york", "America/New_York"],
    ["germany", "Europe/Berlin"],
  ])("puts the obvious zone of %s first", async (query, zone) => {
    const { structured } = await call("find_time_zone", { query, limit: 1 });
    expect(structured?.["zones"]).toEqual([expect.objectContaining({ zone })]);
  });

  it("returns every zone of a country, with its time and cities", async () => {
    const { structured } = await call("find_time_zone", { query: "Portugal" });
    expect(structured?.["zones"]).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          zone: "Europe/Lisbon",
          local: "2026-11-20T22:15:30",
          abbreviations: ["WET", "WEST"],
        }),
        expect.objectContaining({ zone: "Atlantic/Azores", country_code: "PT" }),
      ]),
    );
  });

  it("says what to search for instead", async () => {
    const { isError, text } = await call("find_time_zone", { query: "qqqqqqqq" });
    expect(isError).toBe(true);
    expect(text).toContain("Search for its country");
  });
});

describe("time_difference", () => {
  it.each([
    // The day on which the clocks went forward has 23 hours.
    [{ start: "2026-03-28T12:00", end: "2026-03-29T12:00", zone: "Europe/Berlin" }, 82_800, "23 hours after"],
    [{ start: "2026-11-20T22:15:30Z" }, 0, "is the same as"],
    [{ start: "now", end: "2026-11-19T20:15:29Z" }, -93_601, "1 day, 2 hours, 1 second before"],
  ])("measures %o", async (args, seconds, text) => {
    const result = await call("time_difference", args);
    expect(result.structured).toMatchObject({ kind: "moments", seconds, notes: [] });
    expect(result.text).toContain(text);
  });

  it.each([
    ["2026-07-01T00:00Z", 21_600, "6 hours ahead of"],
    // Between the two changes of clocks the difference is one hour less.
    ["2026-03-15T00:00Z", 18_000, "5 hours ahead of"],
  ])("compares two zones at %s", async (at, seconds, text) => {
    const result = await call("time_difference", { zone: "America/New_York", other_zone: "Europe/Berlin", at });
    expect(result.structured).toMatchObject({ kind: "zones", seconds });
    expect(result.text).toContain(text);
  });

  it("says which of two moments it took", async () => {
    const args = { start: "2026-10-25T02:30", end: "2026-10-25T04:00", zone: "Europe/Berlin" };
    const { structured } = await call("time_difference", args);
    expect(structured).toMatchObject({
      seconds: 9000,
      notes: [expect.stringContaining("The first is taken, UTC+02:00")],
    });
  });

  it.each([{}, { start: "now", other_zone: "UTC" }])("asks for one of its two uses when given %o", async (args) => {
    const { isError, text } = await call("time_difference", args);
    expect(isError).toBe(true);
    expect(text).toContain("Give either start (and end), or other_zone");
  });
});
