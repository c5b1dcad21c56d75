import { ToolError } from "@shardgate/shard-sdk";
import { readDynamicFile } from "@shardgate/traefik-sim/config";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTarget, type Target } from "../testing/open-target.ts";

let target: Target;
beforeAll(async () => {
  target = await openTarget("simulated");
});
afterAll(() => target.close());

const hostile = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.constantFrom(
    '{{ env "X" }}',
    "a`) || PathPrefix(`/",
    "../../etc/passwd",
    "a\nb: c",
    "$(id)",
    "'; rm -rf /",
    "a\u0000b",
    "\u202Eabc",
    "${HOME}",
    "*",
    "~",
    "null",
    "yes",
    "0x10",
    "2026-01-01",
    "<<",
    "!!binary x",
    "&a",
    "*a",
    "- x",
    "a: b",
    "# x",
    "@internal",
    "api@internal",
  ),
  fc.constantFrom("a.example.com", "10.0.0.7:80", "tv", "/api", "web", "GET"),
);

test("whatever a caller sends, a file is what was planned or there is none", { timeout: 60_000 }, async () => {
  const fields = {
    name: hostile,
    host: hostile,
    backend: hostile,
    path_prefix: hostile,
    cert_resolver: hostile,
    middlewares: fc.array(hostile, { maxLength: 2 }),
    entrypoints: fc.array(hostile, { maxLength: 2 }),
    basic_auth_users: fc.array(hostile, { maxLength: 1 }),
    ip_allowlist: fc.array(hostile, { maxLength: 1 }),
    hosts: fc.array(hostile, { maxLength: 2 }),
    backends: fc.array(hostile, { maxLength: 2 }),
  };
  // A good wish with one field spoilt: so the others cannot hide it.
  const spoilt = fc
    .constantFrom(...Object.keys(fields))
    .chain((key) => fields[key as keyof typeof fields].map((value) => ({ [key]: value })));
  let taken = 0;
  await fc.assert(
    fc.asyncProperty(spoilt, async (change) => {
      let yaml: string;
      try {
        yaml = String(
          (
            await target.call("create_route", {
              name: "tv",
              host: "a.example.com",
              backend: "10.0.0.7:80",
              ...change,
              dry_run: true,
            })
          ).structured["yaml"],
        );
      } catch (error) {
        // Refused by a check of ours, or by the schema before it; never found out only when the file was read back.
        expect((error as Error).message).not.toContain("would not be read");
        expect(error instanceof ToolError || (error as Error).message.includes("`")).toBe(true);
        return;
      }
      taken++;
      expect(yaml).not.toMatch(/\{\{/);
      const { config, findings } = readDynamicFile(Buffer.from(yaml));
      expect(findings).toEqual([]);
      expect(Object.keys(config ?? {})).toEqual(["http"]);
    }),
    { numRuns: 1500 },
  );
  // Had all been refused, no file would have been looked at.
  expect(taken).toBeGreaterThan(50);
});
