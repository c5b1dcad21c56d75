import { ToolError } from "@shardgate/shard-sdk";
import { Temporal } from "temporal-polyfill";
import * as z from "zod";
import { searchZones } from "./zone-search.ts";

/** A zone as an argument; {@link resolveZone} reads it. */
export const zoneSchema = z.string().min(1).max(64);

/**
 * The proper id of a zone: an IANA name in any spelling of case, or an offset such as `+02:00` and `UTC+2`.
 *
 * @throws ToolError with the zones that may have been meant
 */
export async function resolveZone(name: string): Promise<string> {
  try {
    return Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(normalize(name.trim())).timeZoneId;
  } catch {
    const meant = await searchZones(name, 3);
    const next =
      meant.length > 0
        ? `Did you mean ${meant.map(({ zone }) => zone).join(", ")}?`
        : "Use find_time_zone with a city, a country or an abbreviation.";
    throw new ToolError(`There is no time zone ${JSON.stringify(name)}.`, { next });
  }
}

function normalize(name: string): string {
  if (/^z$/i.test(name)) return "UTC";
  const [, sign, hours, minutes = "00"] = /^(?:UTC|GMT)([+-])(\d{1,2})(?::?(\d{2}))?$/i.exec(name) ?? [];
  return sign === undefined ? name : `${sign}${hours!.padStart(2, "0")}:${minutes}`;
}
