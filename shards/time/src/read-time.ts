import { ToolError } from "@shardgate/shard-sdk";
import { Temporal } from "temporal-polyfill";
import * as z from "zod";

export type Now = () => Temporal.Instant;

/** A time as an argument; {@link readTime} reads it. */
export const timeSchema = z.string().min(1).max(64);

/** How times are written, for descriptions of arguments and for errors. */
export const TIME_FORMATS =
  "ISO 8601: 2026-03-29T02:30 (wall clock of the zone), 2026-03-29T00:30Z or with an offset, 2026-03-29 (its start), 14:30 (today), or now";

/**
 * A text read as a time of one zone. `exact`: one moment. `ambiguous`: the clocks showed it twice, as they were turned
 * back; two moments, earlier first. `skipped`: the clocks never showed it, as they were turned forward; one moment, as
 * far after the change as the text is after the last time before it.
 */
export interface TimeReading {
  readonly kind: "exact" | "ambiguous" | "skipped";
  readonly moments: readonly [Temporal.ZonedDateTime, ...Temporal.ZonedDateTime[]];
  /** What is odd about the time; undefined for an exact one. */
  readonly note?: string;
}

/** @throws ToolError when the text is not a time */
export function readTime(text: string, zone: string, now: Now): TimeReading {
  // A zone in brackets (RFC 9557) is the time's own.
  const [, written = "", own] = /^\s*(.*?)\s*(?:\[([^\]]+)\])?\s*$/.exec(text) ?? [];
  try {
    return readWritten(written, own ?? zone, now);
  } catch (error) {
    throw new ToolError(`${JSON.stringify(text)} is not a time: ${(error as Error).message}.`, {
      next: `Write it as ${TIME_FORMATS}.`,
    });
  }
}

function readWritten(text: string, zone: string, now: Now): TimeReading {
  if (text.toLowerCase() === "now") return exact(now().toZonedDateTimeISO(zone));
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return exact(Temporal.PlainDate.from(text).toZonedDateTime(zone));
  if (/^\d{1,2}:\d{2}(:\d{2})?$/.test(text)) {
    const today = now().toZonedDateTimeISO(zone).toPlainDate();
    return readWallClock(today.toPlainDateTime(Temporal.PlainTime.from(text.replace(/^\d:/, "0$&"))), zone);
  }
  if (/[t ]\d.*(z|[+-]\d{2}(:?\d{2})?)$/i.test(text))
    return exact(Temporal.Instant.from(text).toZonedDateTimeISO(zone));
  return readWallClock(Temporal.PlainDateTime.from(text), zone);
}

function exact(moment: Temporal.ZonedDateTime): TimeReading {
  return { kind: "exact", moments: [moment] };
}

/** The two ways to settle a wall-clock time around a change of offset show which case it is (Temporal, "disambiguation"). */
function readWallClock(wall: Temporal.PlainDateTime, zone: string): TimeReading {
  const earlier = wall.toZonedDateTime(zone, { disambiguation: "earlier" });
  const later = wall.toZonedDateTime(zone, { disambiguation: "later" });
  if (earlier.equals(later)) return exact(earlier);
  const shown = `${wall.toString({ smallestUnit: "minute" }).replace("T", " ")} in ${zone}`;
  if (earlier.toPlainDateTime().equals(wall)) {
    const note = `${shown} happened twice, at UTC${earlier.offset} and again at UTC${later.offset}, because the clocks were turned back.`;
    return { kind: "ambiguous", moments: [earlier, later], note };
  }
  const note = `${shown} did not exist: the clocks were turned forward from UTC${earlier.offset} to UTC${later.offset}. Taken as ${later.toPlainTime().toString({ smallestUnit: "minute" })}.`;
  return { kind: "skipped", moments: [later], note };
}
