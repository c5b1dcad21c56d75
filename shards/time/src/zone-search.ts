import { nearest } from "@shardgate/shard-sdk";

/** A time zone with the places and names it is known by. */
export interface KnownZone {
  readonly zone: string;
  /** Other IANA names for the same clock. */
  readonly aliases: readonly string[];
  readonly country: string;
  readonly countryCode: string;
  readonly cities: readonly string[];
  /** As "Central European Time"; without standard or daylight. */
  readonly name: string;
  /** Standard first, then daylight-saving where there is one. */
  readonly abbreviations: readonly string[];
}

/** What people call countries, where the data has the official name. */
const nicknames: Readonly<Record<string, string>> = {
  america: "US",
  britain: "GB",
  england: "GB",
  holland: "NL",
  korea: "KR",
  scotland: "GB",
  uae: "AE",
  uk: "GB",
  usa: "US",
  wales: "GB",
};

let loaded: Promise<readonly KnownZone[]> | undefined;

/** All zones with people in them, and UTC. Read when first asked for: it takes some time and memory that most calls never need. */
export function knownZones(): Promise<readonly KnownZone[]> {
  return (loaded ??= load());
}

async function load(): Promise<readonly KnownZone[]> {
  const { rawTimeZones } = await import("@vvo/tzdb");
  const zones = rawTimeZones.map((zone) => ({
    zone: zone.name,
    aliases: zone.group.filter((name) => name !== zone.name),
    country: zone.countryName,
    countryCode: zone.countryCode,
    cities: zone.mainCities,
    name: zone.alternativeName,
    abbreviations: [zone.abbreviation, ...(zone.dstAbbreviation === undefined ? [] : [zone.dstAbbreviation])],
  }));
  const utc = {
    zone: "UTC",
    aliases: ["Etc/UTC"],
    country: "",
    countryCode: "",
    cities: [],
    name: "Coordinated Universal Time",
    abbreviations: ["UTC", "GMT"],
  };
  return [utc, ...zones];
}

/**
 * Zones that a word may mean: a city, a country or its code, an abbreviation, or part of a zone's name. Best first; a
 * word that fits nothing is taken for a typing error.
 */
export async function searchZones(query: string, limit: number): Promise<KnownZone[]> {
  const zones = await knownZones();
  const wanted = fold(query);
  const scored = zones
    .map((zone) => ({ zone, score: score(zone, wanted) }))
    .filter((entry) => entry.score < Infinity)
    .toSorted((a, b) => a.score - b.score);
  if (scored.length > 0) return scored.slice(0, limit).map(({ zone }) => zone);
  const words = new Map(zones.flatMap((zone) => wordsOf(zone).map((word) => [word, zone] as const)));
  return [...new Set(nearest(wanted, words.keys(), limit).map((word) => words.get(word)!))];
}

/** 0 is best. A match of the whole beats one of the beginning, which beats one inside. */
function score(zone: KnownZone, wanted: string): number {
  if (zone.countryCode === (nicknames[wanted] ?? wanted.toUpperCase())) return 1;
  if (zone.abbreviations.some((name) => fold(name) === wanted)) return 1;
  const words = wordsOf(zone);
  if (words.includes(wanted)) return 0;
  if (words.some((word) => word.startsWith(wanted))) return 2;
  return wanted.length >= 3 && words.some((word) => word.includes(wanted)) ? 3 : Infinity;
}

function wordsOf(zone: KnownZone): string[] {
  const ids = [zone.zone, ...zone.aliases];
  const places = ids.map((id) => id.slice(id.lastIndexOf("/") + 1));
  return [...zone.cities, ...places, ...ids, zone.country, zone.name].filter(Boolean).map(fold);
}

/** Lower case without accents, `_` as a space: "Köln" and "koln", "New_York" and "new york" are the same. */
function fold(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").replaceAll("_", " ").trim().toLowerCase();
}
