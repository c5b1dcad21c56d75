// What the documents say, held against what the gateway does, by a program that makes up requests from them.
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startGateway, type Gateway } from "./support/house.ts";
import { pythonTools } from "./support/outside-programs.ts";
import { stopAtEnd } from "./support/program.ts";
import { startShapes } from "./support/schema-shapes.ts";

const stopLater = stopAtEnd();
const tools = pythonTools("schemathesis");
const whyNot = "missing" in tools ? tools.missing : undefined;
// It keeps what it found where it runs.
const folder = mkdtempSync(join(tmpdir(), "shardgate-schemathesis-"));
afterAll(() => rmSync(folder, { recursive: true }));
let gateway: Gateway;

beforeAll(async () => {
  if (whyNot !== undefined) return;
  const upstream = await stopLater(startShapes());
  gateway = await stopLater(startGateway({ upstreams: { shapes: { kind: "mcp-http", url: upstream.url } } }));
}, 60_000);

/** A text for a number, and null for what may be left out, are taken for what they mean; the document does not say so. */
const checks = [
  "not_a_server_error",
  "status_code_conformance",
  "content_type_conformance",
  "response_schema_conformance",
  "positive_data_acceptance",
  "allow_header_conformance",
  "unsupported_method",
];

function run(bin: string, path: string): Promise<{ readonly code: number; readonly said: string }> {
  const args = ["run", `${gateway.url}${path}`, "--checks", checks.join(","), "--phases", "examples,coverage,fuzzing"];
  const bounds = [
    "--max-examples",
    "15",
    "--max-time",
    "12",
    "--seed",
    "7",
    "--no-color",
    "--suppress-health-check",
    "all",
  ];
  return new Promise((resolve) => {
    execFile(
      join(bin, "schemathesis"),
      [...args, ...bounds],
      { cwd: folder, timeout: 55_000, maxBuffer: 16 << 20 },
      (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code ?? 1), said: stdout + stderr });
      },
    );
  });
}

test.for(["/openapi.json", "/shapes/openapi.json"])("%s holds what it promises", async (path, ctx) => {
  if (!("bin" in tools)) return ctx.skip(whyNot);
  const { code, said } = await run(tools.bin, path);
  expect(said).toMatch(/\d+ passed/);
  expect(code, said.slice(-6_000)).toBe(0);
});
