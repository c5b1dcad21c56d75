// A vitest reporter: writes what happened as JSON to the file named by TEST_SUMMARY, for the closing lines of scripts/test.mjs.
import { writeFileSync } from "node:fs";

/**
 * `flaky`: what passed, but only when it was run once more; such tests are in `passed` too.
 * @typedef {{ file: string, name: string, reason?: string | undefined }} Remark
 * @typedef {{ passed: number, failed: number, skipped: Remark[], flaky: Remark[] }} Summary
 */

export default class SummaryReporter {
  /**
   * @param {readonly import("vitest/node").TestModule[]} modules
   * @param {readonly unknown[]} unhandledErrors
   */
  onTestRunEnd(modules, unhandledErrors) {
    const file = process.env.TEST_SUMMARY;
    if (!file) return;
    /** @type {Summary} */
    const summary = { passed: 0, failed: unhandledErrors.length, skipped: [], flaky: [] };
    for (const module of modules) {
      // A file that could not be loaded, or a hook that threw, has no failed test of its own.
      if (module.errors().length > 0) summary.failed += 1;
      for (const suite of module.children.allSuites()) if (suite.errors().length > 0) summary.failed += 1;
      for (const test of module.children.allTests()) {
        const result = test.result();
        const remark = { file: module.relativeModuleId, name: test.fullName };
        if (result.state === "passed") {
          summary.passed += 1;
          if (test.diagnostic()?.flaky) summary.flaky.push({ ...remark, reason: result.errors?.[0]?.message });
        } else if (result.state === "skipped") summary.skipped.push({ ...remark, reason: result.note });
        else summary.failed += 1;
      }
    }
    writeFileSync(file, JSON.stringify(summary));
  }
}
