// A vitest reporter: writes what happened as JSON to the file named by TEST_SUMMARY, for the closing lines of scripts/test.mjs.
import { writeFileSync } from "node:fs";

/** @typedef {{ passed: number, failed: number, skipped: { file: string, name: string, reason?: string | undefined }[] }} Summary */

export default class SummaryReporter {
  /**
   * @param {readonly import("vitest/node").TestModule[]} modules
   * @param {readonly unknown[]} unhandledErrors
   */
  onTestRunEnd(modules, unhandledErrors) {
    const file = process.env.TEST_SUMMARY;
    if (!file) return;
    /** @type {Summary} */
    const summary = { passed: 0, failed: unhandledErrors.length, skipped: [] };
    for (const module of modules) {
      // A file that could not be loaded, or a hook that threw, has no failed test of its own.
      if (module.errors().length > 0) summary.failed += 1;
      for (const suite of module.children.allSuites()) if (suite.errors().length > 0) summary.failed += 1;
      for (const test of module.children.allTests()) {
        const result = test.result();
        if (result.state === "passed") summary.passed += 1;
        else if (result.state === "skipped") {
          summary.skipped.push({ file: module.relativeModuleId, name: test.fullName, reason: result.note });
        } else summary.failed += 1;
      }
    }
    writeFileSync(file, JSON.stringify(summary));
  }
}
