import { defineTool, ToolError, type Tool } from "@shardgate/shard-sdk";
import type { Temporal } from "temporal-polyfill";
import * as z from "zod";
import { durationText } from "../duration-text.ts";
import { localTime, localTimeSchema, sentence } from "../local-time.ts";
import { readTime, TIME_FORMATS, timeSchema, type Now } from "../read-time.ts";
import { resolveZone, zoneSchema } from "../zones.ts";

export const timeDifference = (now: Now): Tool =>
  defineTool({
    name: "time_difference",
    title: "Time difference",
    description:
      "Either the time that passes between two moments (start and end), or by how much the clocks of two time zones differ at a moment (zone and other_zone, at).",
    input: z.object({
      start: timeSchema.optional().describe(`First moment. ${TIME_FORMATS}`),
      end: timeSchema.optional().describe("Second moment, written like start; now when left out"),
      zone: zoneSchema
        .default("UTC")
        .describe("Time zone of start, end and at; or the first of the two zones to compare"),
      other_zone: zoneSchema.optional().describe("Second zone: compares the clocks of zone and other_zone"),
      at: timeSchema.default("now").describe("Moment at which two zones are compared, written like start"),
    }),
    output: z.object({
      kind: z.enum(["moments", "zones"]),
      seconds: z
        .int()
        .describe("From start to end, negative when end is earlier; or how far other_zone is ahead of zone"),
      text: z.string().describe("The same in words"),
      from: localTimeSchema.describe("The start; or the moment in zone"),
      to: localTimeSchema.describe("The end; or the same moment in other_zone"),
      notes: z.array(z.string()).describe("What is odd about the times, because of a change of the clocks"),
    }),
    annotations: { readOnlyHint: true, openWorldHint: false },
    text: ({ text, notes }) => [text, ...notes].join("\n"),
    async run({ start, end = "now", zone, other_zone: other, at }) {
      const id = await resolveZone(zone);
      if (start !== undefined && other === undefined)
        return betweenMoments(readOne(start, id, now), readOne(end, id, now));
      if (start === undefined && other !== undefined)
        return betweenZones(readOne(at, id, now), await resolveZone(other));
      throw new ToolError("Give either start (and end), or other_zone.", {
        next: "start and end measure the time between two moments; zone and other_zone compare clocks.",
      });
    },
  });

interface Moment {
  readonly time: Temporal.ZonedDateTime;
  readonly notes: readonly string[];
}

/** Of an ambiguous time the earlier moment, and a note that says so. */
function readOne(text: string, zone: string, now: Now): Moment {
  const { kind, moments, note } = readTime(text, zone, now);
  const taken = kind === "ambiguous" ? ` The first is taken, UTC${moments[0].offset}; write the offset to choose.` : "";
  return { time: moments[0], notes: note === undefined ? [] : [`${note}${taken}`] };
}

function betweenMoments(start: Moment, end: Moment) {
  const seconds = wholeSeconds(end.time) - wholeSeconds(start.time);
  const [from, to] = [localTime(start.time), localTime(end.time)];
  const relation = seconds === 0 ? "the same as" : `${durationText(seconds)} ${seconds > 0 ? "after" : "before"}`;
  const text = `${sentence(to)} is ${relation} ${sentence(from)}.`;
  return { kind: "moments" as const, seconds, text, from, to, notes: [...start.notes, ...end.notes] };
}

/** Of the moment as it is shown, so that the difference agrees with what stands beside it. */
function wholeSeconds(time: Temporal.ZonedDateTime): number {
  return Math.floor(time.epochMilliseconds / 1000);
}

function betweenZones({ time, notes }: Moment, other: string) {
  const there = time.withTimeZone(other);
  const seconds = Math.round((there.offsetNanoseconds - time.offsetNanoseconds) / 1e9);
  const [from, to] = [localTime(time), localTime(there)];
  const relation =
    seconds === 0 ? "the same time as" : `${durationText(seconds)} ${seconds > 0 ? "ahead of" : "behind"}`;
  const text = `${other} is ${relation} ${from.zone}: ${sentence(from)} is ${sentence(to)}.`;
  return { kind: "zones" as const, seconds, text, from, to, notes: [...notes] };
}
