import type { Timers } from "./core/timers.ts";

/** The machine's own time and chance. */
export const systemTimers: Timers = {
  now: () => performance.now(),
  date: () => new Date(),
  after(ms, action) {
    const timer = setTimeout(action, ms);
    return () => clearTimeout(timer);
  },
  random: Math.random,
};
