import { describe, expect, it } from "vitest";
import { childEnvironment } from "./child-environment.ts";
import { redactor, secretsOf } from "./redact.ts";
import { StderrRing } from "./stderr-ring.ts";
import { Turns } from "./turns.ts";

describe("the environment of a program", () => {
  const own = {
    PATH: "/bin",
    HOME: "/h",
    LC_ALL: "C",
    GITEA_TOKEN: "t",
    NODE_OPTIONS: "--x",
    npm_config_registry: "r",
  };

  it("is what every program needs, then what its definition says", () => {
    expect(childEnvironment(own, { HOME: "/other", KEY: "k" }, false)).toEqual({
      PATH: "/bin",
      HOME: "/other",
      LC_ALL: "C",
      KEY: "k",
    });
  });

  it("tells installers where packages come from", () => {
    expect(childEnvironment(own, {}, true)).toMatchObject({ npm_config_registry: "r" });
    expect(childEnvironment(own, {}, true)).not.toHaveProperty("GITEA_TOKEN");
  });
});

describe("what a program writes for people", () => {
  it("is shown without its secrets and without what looks like one", () => {
    const env = { API_KEY: "hunter22", DATA: "/srv/data", BLOB: "A1b2C3d4E5f6G7h8I9j0K" };
    const redact = redactor(secretsOf(env, ["--auth-token", "open-sesame", "--pass=letmein1", "--port", "8080"]));
    expect(redact("key hunter22, A1b2C3d4E5f6G7h8I9j0K, open-sesame letmein1 in /srv/data on 8080")).toBe(
      "key ***, ***, *** *** in /srv/data on 8080",
    );
    expect(redact("Authorization: Bearer abcdefgh123 at http://me:secret@nas/?token=abcd")).not.toMatch(
      /abcdefgh|secret@|abcd\b/,
    );
  });

  it("is kept as its last lines, whatever the amount", () => {
    const ring = new StderrRing((line) => line);
    for (let line = 0; line < 1_000; line++) ring.push(Buffer.from(`\u001b[31mline ${line}\u001b[0m\n`));
    ring.push(Buffer.from(`${"x".repeat(100_000)}\n`));
    expect(ring.last(2)).toEqual(["line 999", expect.stringMatching(/^x{400}/)]);
    expect(ring.last(1_000).length).toBeLessThanOrEqual(200);
  });
});

describe("turns", () => {
  it("lets a few at a time work, the others in order, and goes on after a failure", async () => {
    const turns = new Turns(2);
    let active = 0;
    let most = 0;
    const order: number[] = [];
    const work = (n: number) =>
      turns.run(async () => {
        most = Math.max(most, ++active);
        await new Promise((resolve) => setImmediate(resolve));
        order.push(n);
        active--;
        if (n === 1) throw new Error("no");
      });
    const ended = await Promise.allSettled([0, 1, 2, 3, 4].map(work));
    expect([most, order, ended.map(({ status }) => status === "fulfilled")]).toEqual([
      2,
      [0, 1, 2, 3, 4],
      [true, false, true, true, true],
    ]);
  });
});
