import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

const houseRules = ["e2e/architecture.test.ts", "e2e/house-rules/*.test.ts"];
const onBothTraefiks = ["packages/traefik-sim/src/expectations/*.test.ts", "shards/traefik/src/**/*.test.ts"];
/**
 * Nothing runs beside these. What some see they see in milliseconds, or in Open WebUI's page, which forgets an answer on a busy machine;
 * others make networks of a Docker engine, at which every browser of the machine gives up what it is loading (ERR_NETWORK_CHANGED).
 */
const alone = ["e2e/{faults,upstream-faults,overload,compose,docker-provider,open-webui}.test.ts"];
const elsewhere = ["**/node_modules/**"];

/** For files that start processes, and wait for them most of the time. */
const waiting = { maxWorkers: availableParallelism() + 1, testTimeout: 60_000, hookTimeout: 60_000 };
const endToEnd = {
  ...waiting,
  globalSetup: ["scripts/lib/vitest-bundles.mjs"],
  // What waits side by side in one file waits, mostly.
  maxConcurrency: 20,
};

// `unit` runs in process, without ports; `traefik` holds the same expectations against a simulated and, where there is one, a real
// Traefik; `e2e` starts real processes, and so does `e2e-alone`, one file at a time.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: [
            "{packages,shards}/*/src/**/*.test.ts",
            "{template,bench}/src/**/*.test.ts",
            "scripts/**/*.test.ts",
            ...houseRules,
          ],
          exclude: [...elsewhere, ...onBothTraefiks],
          testTimeout: 20_000,
          maxWorkers: "100%",
        },
      },
      {
        test: {
          name: "traefik",
          include: onBothTraefiks,
          exclude: elsewhere,
          ...waiting,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["e2e/**/*.test.ts"],
          exclude: [...elsewhere, ...houseRules, ...alone],
          ...endToEnd,
        },
      },
      { test: { name: "e2e-alone", include: alone, ...endToEnd, fileParallelism: false } },
    ],
  },
});
