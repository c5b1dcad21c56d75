import { defineShard, type Shard } from "@shardgate/shard-sdk";
import { Temporal } from "temporal-polyfill";
import manifest from "../package.json" with { type: "json" };
import type { Now } from "./read-time.ts";
import { convertTime } from "./tools/convert-time.ts";
import { currentTime } from "./tools/current-time.ts";
import { findTimeZone } from "./tools/find-time-zone.ts";
import { timeDifference } from "./tools/time-difference.ts";

/** @param now the clock; tests bring one that stands still */
export function timeShard(now: Now = () => Temporal.Now.instant()): Shard {
  return defineShard({
    name: "time",
    version: manifest.version,
    title: "Clock and time zones",
    description: "Tells the time, converts it between time zones, finds zones, and measures differences.",
    instructions:
      "Ask current_time before you answer anything that depends on today's date. Zones are IANA names such as Europe/Berlin; find_time_zone gives them for cities and countries.",
    defaultPort: 9102,
    tools: [currentTime(now), convertTime(now), findTimeZone(now), timeDifference(now)],
  });
}

export const shard = timeShard();
