import { defineConfig } from "vitest/config";

// Two projects: `unit` runs in process, without ports; `e2e` starts real processes, one file at a time on small machines.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["{packages,shards}/*/src/**/*.test.ts", "template/src/**/*.test.ts", "bench/src/**/*.test.ts"],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["e2e/**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
