// The documents, held to what is: README's lines run word for word, examples load, links lead somewhere, tables say what the code says.
import { execFile } from "node:child_process";
import { existsSync, globSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { requireConfig } from "@shardgate/gateway";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { GATEWAY_ERRORS } from "../packages/gateway/src/core/errors.ts";
import { PORTS_PATIENCE, takePorts } from "./support/ports.ts";
import { startProgram, type Program } from "./support/program.ts";
import { patternOf } from "./support/walkthrough.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const documents = globSync("**/*.md", { cwd: root, exclude: ["**/node_modules/**", "**/dist/**"] });
const run = promisify(execFile);

/** In README: a command behind `<!-- run -->`, and the answer it promises, where `…` stands for anything. */
const EXAMPLE = /<!-- run -->\n+```sh\n([^]*?)```\n+```text\n([^]*?)\n```/g;
const START = /<!-- shown by npm start -->\n+```text\n([^]*?)\n```/;
const HOUSE_PORTS = [9100, 9101, 9102];

describe("README's lines", () => {
  const examples = [...read("README.md").matchAll(EXAMPLE)].map(([, command, answer]) => ({ command, answer }));
  const folder = mkdtempSync(join(tmpdir(), "shardgate-docs-"));
  let house: Program | undefined;
  let whyNot: string | undefined;
  let release: (() => void) | undefined;

  beforeAll(async () => {
    ({ whyNot, release } = await takePorts(HOUSE_PORTS));
    if (whyNot !== undefined) return;
    // A state of its own: the routes of somebody who tries the house are none of ours.
    const started = (house = await startProgram({ file: "scripts/start.mjs", env: { SHARD_STATE_DIR: folder } }));
    const checkUp = (): void => {
      const said = started.output();
      if (!said.includes("Ctrl-C stops everything.")) throw new Error(`the house is not up; it said:\n${said}`);
    };
    await vi.waitFor(checkUp, { timeout: 30_000, interval: 50 });
  }, PORTS_PATIENCE);

  afterAll(async () => {
    house?.kill("SIGTERM");
    await house?.ended;
    release?.();
    rmSync(folder, { recursive: true, force: true });
  });

  test("npm start shows what README says", ({ skip }) => {
    if (whyNot !== undefined) skip(whyNot);
    const shown = START.exec(read("README.md"))?.[1];
    expect(house?.output()).toContain(shown);
  });

  test("every line runs as it stands, in order, and answers as promised", async ({ skip }) => {
    if (whyNot !== undefined) skip(whyNot);
    expect(examples.length).toBeGreaterThanOrEqual(6);
    expect(examples).toHaveLength(read("README.md").split("<!-- run -->").length - 1);
    for (const { command = "", answer = "" } of examples) {
      const { stdout } = await run("bash", ["-c", command], { timeout: 10_000 });
      expect(stdout.trim()).toMatch(patternOf(answer));
    }
  });
});

describe("examples", () => {
  const env = { GITEA_TOKEN: "for-the-test", OPEN_WEBUI_IDENTITY_SECRET: "for-the-test" };
  const blocks = (kind: string): readonly string[] =>
    [...read("README.md").matchAll(new RegExp(`\`\`\`${kind}\\n([^]*?)\`\`\``, "g"))].map(([, text]) => text as string);

  const upstreamsOf = async (text: string, variables: Readonly<Record<string, string>>): Promise<readonly string[]> => {
    const readFile = async (path: string) => (path === "/house.yaml" ? { text } : { problem: "does not exist" });
    const { config } = await requireConfig(["/house.yaml"], { env: variables, readFile });
    return config.upstreams.map(({ id }) => id);
  };

  test("gateway.yaml loads without a single variable set, and names its schema", async () => {
    const text = read("gateway.yaml");
    expect(await upstreamsOf(text, {})).toContain("time");
    const schema = /^# yaml-language-server: \$schema=(\S+)$/m.exec(text)?.[1];
    expect(JSON.parse(read(schema ?? "no schema named"))).toHaveProperty("properties.upstreams");
  });

  test("README's YAML loads, its JSON is JSON", async () => {
    const configs = await Promise.all(blocks("yaml").map((text) => upstreamsOf(text, env)));
    expect(configs.map(({ length }) => length)).toEqual([2, 0]);
    expect(blocks("json").map((text) => JSON.parse(text) as unknown)).toHaveLength(2);
  });
});

describe("what documents name", () => {
  test.each(documents)("links of %s lead somewhere", (path) => {
    const targets = [...withoutCode(read(path)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target as string);
    const broken = targets.filter((target) => !/^[a-z]+:/.test(target) && !leadsSomewhere(path, target));
    expect(broken).toEqual([]);
  });

  function leadsSomewhere(from: string, target: string): boolean {
    const [file = "", anchor] = target.split("#");
    const path = file === "" ? from : normalize(join(dirname(from), file));
    if (!existsSync(join(root, path))) return false;
    return anchor === undefined || anchorsIn(read(path)).includes(anchor);
  }

  function anchorsIn(text: string): readonly string[] {
    const titles = [...text.matchAll(/^#+ (.+)$/gm)].map(([, title]) => title as string);
    return titles.map((title) =>
      title
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, "")
        .replace(/\s/g, "-"),
    );
  }

  test("the code map names what exists, and every package and shard", () => {
    const map = /^## Code map$([^]*?)^## /m.exec(read("ARCHITECTURE.md"))?.[1] ?? "";
    const named = [...map.matchAll(/^\| `([^`]+)`/gm)].map(([, path]) => path as string);
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
    const folders = ["packages", "shards"].flatMap((kind) =>
      readdirSync(join(root, kind)).map((name) => `${kind}/${name}`),
    );
    // A shard is told of in its own README; the map says what shards are.
    const isTold = (folder: string): boolean =>
      named.some((path) => path.startsWith(folder)) || folder.startsWith("shards/");
    expect(named).toContain("shards");
    expect(folders.filter((folder) => !isTold(folder))).toEqual([]);
  });

  test("the life of a call leads through files that exist", () => {
    const life = /^## Life of a tools\/call$([^]*?)^## /m.exec(read("ARCHITECTURE.md"))?.[1] ?? "";
    const lines = [...life.matchAll(/^ (packages\/\S+\/)$|^[ \d]{4}(\S+\.ts) /gm)];
    let folder = "";
    const files = lines.flatMap(([, base, file]) => {
      folder = base ?? folder;
      return file === undefined ? [] : [folder + file];
    });
    expect(files.length).toBeGreaterThan(12);
    expect(files.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  test("every package and shard has a README", () => {
    const missing = globSync("{packages,shards}/*/package.json", { cwd: root }).filter(
      (path) => !existsSync(join(root, dirname(path), "README.md")),
    );
    expect(missing).toEqual([]);
  });

  test("ARCHITECTURE's table of errors is the code's", () => {
    const rows = [...read("ARCHITECTURE.md").matchAll(/^\| `(\w+)` *\| (-\d+) *\| (\d+) *\| (yes|no) /gm)];
    const told = rows.map(([, kind, code, status, retryable]) => [kind, Number(code), Number(status), retryable]);
    const known = Object.entries(GATEWAY_ERRORS).map(([kind, { code, status, retryable }]) => [
      kind,
      code,
      status,
      retryable ? "yes" : "no",
    ]);
    expect(told).toEqual(known);
  });

  test("the decision on dependencies names each of them", () => {
    const text = read("docs/decisions/2026-11-21-dependencies.md");
    const used = globSync(["package.json", "{packages,shards}/*/package.json", "{e2e,bench}/package.json"], {
      cwd: root,
    })
      .map((path) => JSON.parse(read(path)) as Record<string, Record<string, string>>)
      .flatMap((manifest) => Object.entries({ ...manifest["dependencies"], ...manifest["devDependencies"] }))
      // `npm:name@version` stands for another package than the one it is called after.
      .map(([name, version]) => /^npm:(.+)@/.exec(version)?.[1] ?? name)
      .filter((name) => !/^@(shardgate|types)\//.test(name));
    expect([...new Set(used)].filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
  });

  test("README's environment is read by somebody", () => {
    const table = /^## Environment$([^]*?)^## /m.exec(read("README.md"))?.[1] ?? "";
    const named = [...table.matchAll(/^\| (`[^|]+) \|/gm)].flatMap(
      ([, cell]) => (cell as string).match(/[A-Z_]{4,}/g) ?? [],
    );
    const sources = globSync(["{packages,shards}/*/src/**/*.ts", "scripts/*.mjs"], { cwd: root })
      .filter((path) => !path.endsWith(".test.ts"))
      .map(read)
      .join("\n");
    expect(named.length).toBeGreaterThan(8);
    expect(named.filter((name) => !new RegExp(`\\b${name}\\b`).test(sources))).toEqual([]);
  });
});

/** A document without its code, where brackets mean something else. */
function withoutCode(text: string): string {
  return text.replace(/```[^]*?```/g, "").replace(/`[^`\n]*`/g, "");
}
