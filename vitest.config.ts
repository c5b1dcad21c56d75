import { defineConfig } from "vitest/config";

const houseRules = ["e2e/architecture.test.ts", "e2e/house-rules/*.test.ts"];
const onBothTraefiks = ["packages/traefik-sim/src/expectations/*.test.ts", "shards/traefik/src/**/*.test.ts"];
const elsewhere = ["**/node_modules/**", "**/*.e2e.test.ts"];

// Three projects: `unit` runs in process, without ports; `traefik` holds the same expectations against a simulated and, where there is
// one, a real Traefik; `e2e` starts real processes, one file at a time on small machines.
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
          testTimeout: 20_000,
          maxWorkers: "100%",
        },
      },
      {
        test: {
          name: "e2e",
          include: ["e2e/**/*.test.ts", "scripts/**/*.e2e.test.ts"],
          exclude: ["**/node_modules/**", ...houseRules],
          globalSetup: ["scripts/lib/vitest-bundles.mjs"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
          // What waits side by side in one file waits, mostly.
          maxConcurrency: 20,
        },
      },
    ],
  },
});
