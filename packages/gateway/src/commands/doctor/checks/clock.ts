import type { Check } from "../finding.ts";

/** A difference beyond this makes tokens and certificates fail, in milliseconds. */
const TOLERANCE_MS = 30_000;
const PATIENCE_MS = 3_000;
const MAX_ASKED = 5;

/** Compares our clock with the clocks of the machines we speak to: whoever is alone with its time is wrong. */
export const clock: Check = {
  name: "clock",
  async run({ io, loaded }) {
    const urls = (loaded?.config?.upstreams ?? []).flatMap(({ options }) => ("url" in options ? [options.url] : []));
    const offsets: number[] = [];
    for (const origin of [...new Set(urls.map((url) => new URL(url).origin))].slice(0, MAX_ASKED)) {
      try {
        const request = new Request(origin, { method: "HEAD", signal: AbortSignal.timeout(PATIENCE_MS) });
        const date = (await io.fetch(request)).headers.get("date");
        if (date !== null) offsets.push(Date.parse(date) - Date.now());
      } catch {
        // Whether it answers at all is another check.
      }
    }
    const off = offsets.filter((ms) => Math.abs(ms) > TOLERANCE_MS);
    if (offsets.length === 0) return [{ level: "ok", what: "no upstream tells its time" }];
    if (off.length === 0) return [{ level: "ok", what: "our clock agrees with the upstreams'" }];
    const seconds = Math.round((off[0] as number) / 1000);
    return [
      {
        level: "warning",
        what: `our clock differs by ${Math.abs(seconds)} s from that of ${off.length} of ${offsets.length} upstreams`,
        remedy: "let the machines set their clocks (timedatectl set-ntp true)",
      },
    ];
  },
};
