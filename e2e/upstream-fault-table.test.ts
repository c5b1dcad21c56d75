// Which test holds which row of the reliability table that concerns upstreams, over HTTP and as a program.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

/** Where a row is held: a file, and a test or a case in it by its own words; or why there is nothing to hold. */
type Held = readonly (readonly [file: string, words: string])[] | string;

interface Row {
  readonly row: number;
  readonly fault: string;
  readonly http: Held;
  readonly stdio: Held;
}

const here = "upstream-faults.test.ts";
const slow = "slow.test.ts";
const both = (...held: readonly (readonly [string, string])[]) => ({ http: held, stdio: held });

/** The rows of the reliability table that concern upstreams. */
const rows: readonly Row[] = [
  {
    row: 1,
    fault: "killed during calls",
    http: [
      [here, "that is killed under load"],
      ["faults.test.ts", "that is killed is down, refuses fast"],
    ],
    stdio: [[here, "that is killed under load"]],
  },
  {
    row: 2,
    fault: "stopped (SIGSTOP)",
    http: [
      [slow, "that is stopped answers no call"],
      ["faults.test.ts", "that is stopped is down"],
    ],
    stdio: [
      [slow, "that is stopped answers no call"],
      [slow, "that is stopped and never goes on"],
    ],
  },
  {
    row: 3,
    fault: "ends at each start",
    http: [["faults.test.ts", "that is absent at the start delays nobody"]],
    stdio: [["stdio.test.ts", "ends in a crash loop after 1, 2 and 4 s"]],
  },
  {
    row: 4,
    fault: "dies in the middle of a call",
    http: [["upstream-kinds.test.ts", "that dies fails the call it works on at once"]],
    stdio: [
      ["upstream-kinds.test.ts", "that dies fails the call it works on at once"],
      ["stdio.test.ts", "that dies at work fails its calls at once"],
    ],
  },
  {
    row: 5,
    fault: "the gateway is killed",
    http: [[here, "a gateway that is killed"]],
    stdio: [
      [here, "a gateway that is killed"],
      ["stdio-ends.test.ts", "at once where the gateway is killed"],
      ["stdio-ends.test.ts", "at the next start where that shell was killed with the gateway"],
    ],
  },
  {
    row: 6,
    fault: "writes 100 MB to its standard error",
    http: "what others run writes where they want",
    stdio: [["stdio.test.ts", "that writes 100 MB for people"]],
  },
  {
    row: 7,
    fault: "a message of 11 MiB, and one of 1 GiB",
    http: [
      ["bad-upstream.test.ts", '"too-large"'],
      [here, "that says a gigabyte at once"],
    ],
    stdio: [
      ["stdio.test.ts", "whose answer is damaged, too large or at the wrong id"],
      [here, "that says a gigabyte at once"],
    ],
  },
  {
    row: 8,
    fault: "a wrong id, two answers, an id in another spelling",
    http: [
      ["bad-upstream.test.ts", '"wrong-id"'],
      ["bad-upstream.test.ts", "twice:"],
    ],
    stdio: [
      ["stdio.test.ts", "at the wrong id fails that call alone"],
      ["stdio.test.ts", '"textid", "twice"'],
    ],
  },
  {
    row: 9,
    fault: "slow, and a byte at a time",
    http: [
      ["bad-upstream.test.ts", "slowly:"],
      ["bad-upstream.test.ts", '"in-bytes"'],
    ],
    stdio: [["stdio.test.ts", '"slices"']],
  },
  {
    row: 10,
    fault: "breaks off in the middle of an answer",
    http: [
      [here, "that breaks off in the middle of an answer"],
      ["bad-upstream.test.ts", '"dropped-midway"'],
      ["lost-sessions.test.ts", "a call whose connection breaks is not sent again"],
    ],
    stdio: [[here, "that breaks off in the middle of an answer"]],
  },
  { row: 12, fault: "more calls than it can take", ...both([here, "with more calls than it can take"]) },
  {
    row: 13,
    fault: "a client that asks for a stream and stops reading",
    ...both([here, "whose client stops reading"], [slow, "reads nothing of a stream is cut off"]),
  },
  { row: 14, fault: "a client that leaves", ...both([here, "whose client leaves"]) },
];

describe("the table of faults", () => {
  test("has each row that concerns upstreams", () => {
    expect(rows.map(({ row }) => row)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 14]);
  });

  const sources = new Map<string, string>();
  const sourceOf = (file: string): string => {
    const source = sources.get(file) ?? readFileSync(fileURLToPath(new URL(file, import.meta.url)), "utf8");
    sources.set(file, source);
    return source;
  };

  test.each(rows)("row $row: $fault", ({ http, stdio }) => {
    for (const held of [http, stdio]) {
      if (typeof held === "string") expect(held).not.toBe("");
      else for (const [file, words] of held) expect(sourceOf(file), `${file}: ${words}`).toContain(words);
    }
  });
});
