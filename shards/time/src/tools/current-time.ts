import { defineTool, type Tool } from "@shardgate/shard-sdk";
import type { Temporal } from "temporal-polyfill";
import * as z from "zod";
import { localTime, localTimeSchema, sentence, utc } from "../local-time.ts";
import type { Now } from "../read-time.ts";
import { resolveZone, zoneSchema } from "../zones.ts";

export const currentTime = (now: Now): Tool =>
  defineTool({
    name: "current_time",
    title: "Current time",
    description:
      "Tells the current date and time in UTC and in any time zones, with weekday, offset, and when the clocks change next. Use it whenever an answer depends on what time or day it is.",
    input: z.object({
      zones: z
        .array(zoneSchema)
        .max(20)
        .default([])
        .describe("Time zones to tell the time in besides UTC: IANA names such as Europe/Berlin, or offsets"),
    }),
    output: z.object({
      utc: z.string().describe("ISO 8601"),
      unix: z.int().describe("Seconds since 1970-01-01T00:00:00Z"),
      weekday: z.string().describe("Weekday in UTC"),
      zones: z.array(
        localTimeSchema.extend({
          next_change: z
            .object({
              at: z.string().describe("Wall-clock time right after the change, ISO 8601"),
              offset: z.string().describe("Offset from then on"),
            })
            .optional()
            .describe("The next change of the offset; absent when none is known"),
        }),
      ),
    }),
    annotations: { readOnlyHint: true, openWorldHint: false },
    text: ({ utc: time, weekday, zones }) =>
      [`It is ${weekday} ${time}.`, ...zones.map((zone) => `${sentence(zone)}.`)].join("\n"),
    async run({ zones }) {
      const ids = await Promise.all(zones.map(resolveZone));
      const moment = now().toZonedDateTimeISO("UTC");
      return {
        utc: utc(moment),
        unix: Math.floor(moment.epochMilliseconds / 1000),
        weekday: localTime(moment).weekday,
        zones: ids.map((zone) => withNextChange(moment.withTimeZone(zone))),
      };
    },
  });

function withNextChange(time: Temporal.ZonedDateTime) {
  const change = time.getTimeZoneTransition("next");
  if (!change) return localTime(time);
  const { local, offset } = localTime(change);
  return { ...localTime(time), next_change: { at: local, offset } };
}
