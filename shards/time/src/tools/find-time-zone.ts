import { defineTool, ToolError, type Tool } from "@shardgate/shard-sdk";
import * as z from "zod";
import { localTime, localTimeSchema, sentence } from "../local-time.ts";
import type { Now } from "../read-time.ts";
import { searchZones } from "../zone-search.ts";

export const findTimeZone = (now: Now): Tool =>
  defineTool({
    name: "find_time_zone",
    title: "Find a time zone",
    description:
      "Finds time zones by city, country, country code, abbreviation such as CEST, or part of a name, and tells the time there. Only larger cities are known: for others, search the country.",
    input: z.object({
      query: z.string().trim().min(2).max(64).describe("City, country, abbreviation or part of a zone's name"),
      limit: z.int().min(1).max(50).default(10).describe("Most zones to return"),
    }),
    output: z.object({
      zones: z.array(
        localTimeSchema.extend({
          country: z.string(),
          country_code: z.string(),
          cities: z.array(z.string()).describe("The largest cities in it"),
          abbreviations: z.array(z.string()).describe("Standard time, then daylight-saving time where there is one"),
        }),
      ),
    }),
    annotations: { readOnlyHint: true, openWorldHint: false },
    text: ({ zones }) =>
      zones.map((zone) => `${zone.zone}${zone.country && ` (${zone.country})`}: ${sentence(zone)}`).join("\n"),
    async run({ query, limit }) {
      const found = await searchZones(query, limit);
      if (found.length === 0) {
        const next = "Search for its country, or for the largest city that shares its time.";
        throw new ToolError(`No time zone is known for ${JSON.stringify(query)}.`, { next });
      }
      const moment = now().toZonedDateTimeISO("UTC");
      return {
        zones: found.map(({ zone, country, countryCode, cities, abbreviations }) => ({
          ...localTime(moment.withTimeZone(zone)),
          country,
          country_code: countryCode,
          cities: [...cities],
          abbreviations: [...abbreviations],
        })),
      };
    },
  });
