import { ToolError } from "@shardgate/shard-sdk";
import fc from "fast-check";
import { Temporal } from "temporal-polyfill";
import { describe, expect, it } from "vitest";
import { readTime } from "./read-time.ts";

const now = () => Temporal.Instant.from("2026-11-20T22:15:30Z");
const read = (text: string, zone: string) => readTime(text, zone, now);
const utc = (text: string, zone: string) => read(text, zone).moments.map((moment) => moment.toInstant().toString());

describe("readTime", () => {
  it.each([
    ["now", "Asia/Tokyo", "2026-11-20T22:15:30Z"],
    ["14:30", "Asia/Tokyo", "2026-11-21T05:30:00Z"],
    ["9:05", "UTC", "2026-11-20T09:05:00Z"],
    ["2026-07-01T12:00", "America/New_York", "2026-07-01T16:00:00Z"],
    ["2026-01-01 12:00:30", "America/New_York", "2026-01-01T17:00:30Z"],
    ["2026-07-01T12:00+05:30", "America/New_York", "2026-07-01T06:30:00Z"],
    ["2026-07-01T12:00-04", "UTC", "2026-07-01T16:00:00Z"],
    ["2026-07-01t12:00z", "America/New_York", "2026-07-01T12:00:00Z"],
    ["2026-07-01T12:00[Europe/Paris]", "UTC", "2026-07-01T10:00:00Z"],
    ["2026-07-01", "Europe/Berlin", "2026-06-30T22:00:00Z"],
    // Clocks went forward at midnight: the day began at one.
    ["2018-11-04", "America/Sao_Paulo", "2018-11-04T03:00:00Z"],
  ])("reads %s in %s", (text, zone, expected) => {
    expect(read(text, zone).kind).toBe("exact");
    expect(utc(text, zone)).toEqual([expected]);
  });

  it.each([
    ["2026-10-25T02:30", "Europe/Berlin", ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"]],
    ["2026-11-01T01:00", "America/New_York", ["2026-11-01T05:00:00Z", "2026-11-01T06:00:00Z"]],
    // Half an hour only.
    ["2026-04-05T01:45", "Australia/Lord_Howe", ["2026-04-04T14:45:00Z", "2026-04-04T15:15:00Z"]],
  ])("tells that %s in %s happened twice", (text, zone, expected) => {
    const { kind, note } = read(text, zone);
    expect(kind).toBe("ambiguous");
    expect(note).toContain("happened twice");
    expect(utc(text, zone)).toEqual(expected);
  });

  it.each([
    ["2026-03-29T02:30", "Europe/Berlin", "2026-03-29T01:30:00Z", "03:30"],
    ["2026-03-08T02:00", "America/New_York", "2026-03-08T07:00:00Z", "03:00"],
    // A whole day.
    ["2011-12-30T12:00", "Pacific/Apia", "2011-12-30T22:00:00Z", "12:00"],
  ])("tells that %s in %s never happened", (text, zone, expected, taken) => {
    const { kind, note } = read(text, zone);
    expect(kind).toBe("skipped");
    expect(note).toMatch(new RegExp(`did not exist.*Taken as ${taken}`));
    expect(utc(text, zone)).toEqual([expected]);
  });

  it.each(["", "soon", "2026-13-01", "2026-02-30T10:00", "25:00", "14:30+02:00", "2026-07-01T12:00[Mars/Base]"])(
    "says how to write it instead of %j",
    (text) => {
      expect(() => read(text, "UTC")).toThrow(ToolError);
      expect(() => read(text, "UTC")).toThrow(/is not a time/);
    },
  );

  it("finds every moment again by its wall clock", () => {
    const zones = Intl.supportedValuesOf("timeZone");
    const moments = fc.record({
      zone: fc.constantFrom(...zones),
      seconds: fc.integer({ min: Date.UTC(1975, 0) / 1000, max: Date.UTC(2037, 0) / 1000 }),
    });
    fc.assert(
      fc.property(moments, ({ zone, seconds }) => {
        const moment = Temporal.Instant.fromEpochMilliseconds(seconds * 1000);
        const wall = moment.toZonedDateTimeISO(zone).toPlainDateTime().toString();
        const { kind, moments: found } = read(wall, zone);
        expect(kind).not.toBe("skipped");
        expect(found.map((each) => each.epochMilliseconds)).toContain(seconds * 1000);
      }),
      { numRuns: 500 },
    );
  });
});
