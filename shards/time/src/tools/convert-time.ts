import { defineTool, type Tool } from "@shardgate/shard-sdk";
import * as z from "zod";
import { localTime, localTimeSchema, sentence, utc } from "../local-time.ts";
import { readTime, TIME_FORMATS, timeSchema, type Now } from "../read-time.ts";
import { resolveZone, zoneSchema } from "../zones.ts";

export const convertTime = (now: Now): Tool =>
  defineTool({
    name: "convert_time",
    title: "Convert a time",
    description:
      "Converts a time from one time zone to others, daylight-saving time included. Says so when the time happened twice or never because the clocks changed.",
    input: z.object({
      time: timeSchema.describe(TIME_FORMATS),
      from: zoneSchema
        .default("UTC")
        .describe("Time zone that a wall-clock time belongs to, as Europe/Berlin; not used for a time with an offset"),
      to: z.array(zoneSchema).min(1).max(20).describe("Time zones to convert to, as America/New_York"),
    }),
    output: z.object({
      kind: z
        .enum(["exact", "ambiguous", "skipped"])
        .describe("ambiguous: the clocks showed the time twice; skipped: they never showed it"),
      note: z.string().optional().describe("What is odd about the time"),
      moments: z
        .array(z.object({ utc: z.string(), from: localTimeSchema, to: z.array(localTimeSchema) }))
        .describe("One, or two for an ambiguous time, the earlier first"),
    }),
    annotations: { readOnlyHint: true, openWorldHint: false },
    text: ({ note, moments }) =>
      [
        ...(note === undefined ? [] : [note]),
        ...moments.map(({ from, to }) => `${sentence(from)} is ${to.map(sentence).join("; ")}.`),
      ].join("\n"),
    async run({ time, from, to }) {
      const zone = await resolveZone(from);
      const targets = await Promise.all(to.map(resolveZone));
      const { kind, note, moments } = readTime(time, zone, now);
      return {
        kind,
        ...(note !== undefined && { note }),
        moments: moments.map((moment) => ({
          utc: utc(moment),
          from: localTime(moment),
          to: targets.map((target) => localTime(moment.withTimeZone(target))),
        })),
      };
    },
  });
