// Every way in which a file can be bad, as `shardgate check` tells of it: the right file, the right line, nothing else.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { runIn } from "../testing/test-io.ts";

const root = mkdtempSync(join(tmpdir(), "shardgate-bad-"));
afterAll(() => rmSync(root, { recursive: true }));

let folders = 0;
/** Writes files into a folder of their own; gives their paths. */
function write(files: Readonly<Record<string, string>>): string[] {
  const folder = join(root, String(++folders));
  return Object.entries(files).map(([name, text]) => {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  });
}

interface Found {
  readonly severity: string;
  readonly line: number;
  readonly column: number;
  readonly path: string;
  readonly message: string;
}

async function check(...paths: string[]): Promise<readonly Found[]> {
  const { out, err, code } = await runIn({}, "check", "--json", ...paths);
  const { diagnostics, ok } = JSON.parse(out) as { diagnostics: Found[]; ok: boolean };
  expect([err, code]).toEqual(["", ok ? 0 : 1]);
  return diagnostics;
}

const SHARD = '{ kind: shard, url: "http://a" }';
const aliases = (levels: number): string =>
  Array.from(
    { length: levels },
    (_, level) =>
      `x-${level}: &l${level} [${Array(9)
        .fill(level === 0 ? "1" : `*l${level - 1}`)
        .join(", ")}]`,
  ).join("\n");

describe("check tells of", () => {
  it.each<[string, string, number, RegExp]>([
    ["a half-written mapping", '{\n "upstreams": {\n  "a": {"kind": "sh', 3, /./],
    ["a half-written line", `upstreams:\n  a: ${SHARD}\n  b: { kind: shard,`, 3, /./],
    ["tabs", `upstreams:\n  a: ${SHARD}\n\tb: {}\n`, 3, /[Tt]ab/],
    ["a key twice", `upstreams:\n  a: ${SHARD}\n  b: ${SHARD}\n  a: ${SHARD}\n`, 4, /is there already, in line 2/],
    [
      "a key twice in JSON",
      '{"mcpServers": {\n"a": {"url": "http://a"},\n"a": {"url": "http://b"}}}',
      3,
      /is there already/,
    ],
    ["an alias of nothing", `upstreams:\n  a: ${SHARD}\n  b: *nobody\n`, 3, /names no anchor/],
    ["aliases by the million", `${aliases(9)}\nupstreams: {}\n`, 5, /aliases make more than/],
    ["very many aliases", `x-a: &a 1\nx-b:\n${"  - *a\n".repeat(60_000)}`, 25_002, /aliases make more than/],
    ["nesting without end", `listen: {}\nx-a: ${"[".repeat(5_000)}`, 2, /./],
    ["a tag of another language", "upstreams: {}\nx-a: !!js/function 'x'\n", 2, /tag/i],
    ["two documents", "upstreams: {}\n---\nupstreams: {}\n", 2, /document/],
    ["a missing variable", 'upstreams:\n  a: { kind: shard, url: "http://${NOWHERE}" }\n', 2, /NOWHERE is not set/],
    ["an unknown key", `upstreams:\n  a: ${SHARD}\nlisten:\n  hosst: x\n`, 4, /did you mean host\?/],
    ["a unit that is missing", 'upstreams:\n  a: { kind: shard, url: "http://a", timeout: 60 }\n', 2, /string/],
    ["a key for a prototype", "upstreams: {}\n__proto__: { x: 1 }\n", 2, /unknown key/],
  ])("%s", async (_, text, line, message) => {
    const [path] = write({ "gateway.yaml": text });
    const found = await check(path as string);
    expect(found[0]).toMatchObject({ severity: "error", line });
    expect(found[0]?.message).toMatch(message);
  });

  it.each<[string, string, Partial<Found>]>([
    [
      "a rule with users where nobody says who they are",
      'auth:\n  open_webui: { jwt_secret: "" }\n  policies:\n    - tools: [a__*]\n      users: [ada]\n',
      {
        line: 5,
        column: 14,
        path: "auth.policies.0.users",
        message: expect.stringContaining("set auth.open_webui.jwt_secret") as string,
      },
    ],
    [
      "a rule with roles, the same",
      "auth:\n  policies:\n    - { tools: [a__*], roles: [admin], unnamed: true }\n",
      { line: 3, column: 31, path: "auth.policies.0.roles" },
    ],
    [
      "a rule that nobody can fit",
      "auth:\n  policies:\n    - { tools: [a__*], unnamed: true }\n    - { tools: [b__*] }\n",
      {
        line: 4,
        column: 7,
        path: "auth.policies.1",
        message: "names nobody who may; say users, roles or unnamed: true",
      },
    ],
    [
      "a rule for no tools",
      "auth:\n  open_webui: { jwt_secret: s }\n  policies:\n    - { tools: [], users: [ada] }\n",
      { line: 4, column: 16, path: "auth.policies.0.tools" },
    ],
    ["a profile whose name is none", "profiles:\n  My Media: {}\n", { line: 2, column: 3, path: "profiles.My Media" }],
    [
      "an unknown key of a profile",
      "profiles:\n  media:\n    group: [media]\n",
      { line: 3, column: 5, message: "unknown key; did you mean groups?" },
    ],
  ])("%s, at its place", async (_, text, found) => {
    const [path] = write({ "gateway.yaml": text });
    expect(await check(path as string)).toMatchObject([{ severity: "error", ...found }]);
  });

  it("thousands of problems, of which it tells two hundred", async () => {
    const text = Array.from({ length: 20_000 }, (_, index) => `key-${index}: "\${GONE_${index}}"`).join("\n");
    const found = await check(write({ "gateway.yaml": text })[0] as string);
    expect(found).toHaveLength(200);
    const comments = `${"/**/".repeat(200_000)}x`;
    expect(await check(write({ "gateway.yaml": comments })[0] as string)).toHaveLength(1);
  });

  it("20 MB, without reading them", async () => {
    const [path] = write({ "gateway.yaml": `upstreams: {}\n# ${"x".repeat(20 * 1024 * 1024)}` });
    expect(await check(path as string)).toMatchObject([
      { line: 1, message: "has 20.0 MiB; a configuration may have 1 MiB" },
    ]);
  });

  it("an empty file, which is no error", async () => {
    const [path] = write({ "gateway.yaml": "# nothing yet\n" });
    expect(await check(path as string)).toMatchObject([
      { severity: "warning", message: "is empty: nothing is configured" },
    ]);
  });

  it("a file that is not there, is a folder, or is a link to itself", async () => {
    const [path] = write({ "gateway.yaml": "upstreams: {}" });
    const folder = dirname(path as string);
    symlinkSync("loop", join(folder, "loop"));
    const messages = await Promise.all(["gone.yaml", ".", "loop"].map((name) => check(join(folder, name))));
    expect(messages.map(([first]) => first?.message)).toEqual([
      "does not exist",
      "is a folder",
      "is a symbolic link that leads to itself",
    ]);
  });

  it("two upstreams of one name, in one file or in two", async () => {
    const text = `upstreams:\n  a: ${SHARD}\n`;
    const paths = write({
      "one.yaml": text,
      "two.json": '{"mcpServers": {\n "b": {"url": "http://b"},\n "a": {"url": "http://a"}}}',
    });
    expect(await check(...paths)).toMatchObject([
      {
        line: 3,
        path: "mcpServers.a",
        message: `the name a is taken by ${paths[0]}:2; give one of them a name of its own`,
      },
    ]);
  });

  it("files that include each other, or themselves, once", async () => {
    const paths = write({
      "a.yaml": `include: [b.yaml]\nupstreams: { a: ${SHARD} }\n`,
      "b.yaml": `include: [a.yaml, b.yaml]\nupstreams: { b: ${SHARD} }\n`,
    });
    expect(await check(paths[0] as string)).toEqual([]);
  });

  it("a chain of files that has no end", async () => {
    const chain = Array.from({ length: 12 }, (_, index) => [
      `${index}.yaml`,
      `# ${index}\ninclude: [${index + 1}.yaml]\n`,
    ]);
    const [first] = write(Object.fromEntries(chain) as Record<string, string>);
    expect(await check(first as string)).toMatchObject([{ line: 2, message: expect.stringContaining("levels deep") }]);
  });
});
