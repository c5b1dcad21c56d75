import type { html } from "hono/html";

/** Markup in which whatever came from elsewhere is escaped. */
export type Html = ReturnType<typeof html>;

const STATES: Readonly<Record<string, string>> = { up: "good", ok: "good", down: "bad", failed: "bad" };

/** How a state looks: well, bad, or something between. */
export function tone(state: string): string {
  return STATES[state] ?? "warn";
}

/** A duration as people say it. */
export function duration(seconds: number): string {
  if (seconds < 1) return `${Math.round(seconds * 1_000)} ms`;
  if (seconds < 120) return `${Math.round(seconds * 10) / 10} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} days`;
}
