import type { Temporal } from "temporal-polyfill";
import * as z from "zod";

/** An instant as clocks of one zone show it. */
export const localTimeSchema = z.object({
  zone: z.string().describe("IANA name of the time zone, or a fixed offset"),
  local: z.string().describe("Wall-clock time, ISO 8601, to the second"),
  offset: z.string().describe("Offset from UTC at that moment"),
  weekday: z.string(),
  zone_name: z.string().describe("Name of the zone at that moment, daylight-saving or standard"),
});

export type LocalTime = z.infer<typeof localTimeSchema>;

export function localTime(time: Temporal.ZonedDateTime): LocalTime {
  return {
    zone: time.timeZoneId,
    local: time.toPlainDateTime().toString({ smallestUnit: "second" }),
    offset: time.offset,
    weekday: weekdays[time.dayOfWeek - 1]!,
    zone_name: zoneName(time),
  };
}

/** For a sentence: "Saturday 2026-11-21 02:45:10 in Europe/Berlin (Central European Standard Time, UTC+01:00)". */
export function sentence({ zone, local, offset, weekday, zone_name: name }: LocalTime): string {
  const named = name === zone ? "" : `${name}, `;
  return `${weekday} ${local.replace("T", " ")} in ${zone} (${named}UTC${offset})`;
}

/** UTC, ISO 8601, to the second. */
export function utc(time: Temporal.ZonedDateTime): string {
  return time.toInstant().toString({ smallestUnit: "second" });
}

const weekdays = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/** Formats are dear to make (half a millisecond, native memory), so those used last are kept. */
const formats = new Map<string, Intl.DateTimeFormat>();
const MAX_FORMATS = 32;

function zoneName(time: Temporal.ZonedDateTime): string {
  const zone = time.timeZoneId;
  const options = { timeZone: zone, timeZoneName: "long" } as const;
  const format = formats.get(zone) ?? new Intl.DateTimeFormat("en-US", options);
  formats.delete(zone);
  formats.set(zone, format);
  for (const [oldest] of formats) if (formats.size > MAX_FORMATS) formats.delete(oldest);
  const part = format.formatToParts(time.epochMilliseconds).find(({ type }) => type === "timeZoneName");
  return part?.value ?? zone;
}
