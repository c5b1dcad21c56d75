import { globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { Io } from "./io.ts";
import { workbench, type Workbench } from "./testing.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
let bench: Workbench;
const start = (io?: Partial<Io>): Workbench => (bench = workbench(io));
afterEach(() => bench.remove());

describe("in the repository", () => {
  it("makes a shard with its own name everywhere, and says what to do next", async () => {
    const { make, folder, read, said } = start();
    expect(await make("home-box", "--url", "http://box.lan:8080", "--yes")).toBe(0);
    const files = globSync("**/*", { cwd: join(folder, "shards/home-box"), withFileTypes: true }).filter((one) =>
      one.isFile(),
    );
    expect(files.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["package.json", "README.md", "main.ts", "check-status.ts"]),
    );
    for (const { parentPath, name } of files) {
      const text = readFileSync(join(parentPath, name), "utf8");
      expect(text.match(/example/gi), name).toBeNull();
    }
    expect(JSON.parse(read("shards/home-box/package.json"))).toMatchObject({ name: "@shardgate/shard-home-box" });
    expect(read("shards/home-box/src/config.ts")).toMatch(/HOME_BOX_URL: z[^]*default\("http:\/\/box.lan:8080"\)/);
    // 9104 is taken by the shard that is there.
    expect(read("shards/home-box/src/shard.ts")).toMatch(
      /name: "home-box",[^]*title: "Home box",[^]*defaultPort: 9105,/,
    );
    expect(said()).toMatch(
      /npm run shard -- home-box .*\n.*curl -s localhost:9105\/health .*\n.*npm test -- shards\/home-box /,
    );
  });

  it("adds a service to compose.yaml and touches nothing else in it", async () => {
    const { make, read } = start();
    const before = read("compose.yaml");
    await make("lamp", "--yes");
    const after = read("compose.yaml");
    const kept = after.split("\n").filter((line) => !before.includes(line));
    expect(before.split("\n").filter((line) => !after.includes(line))).toEqual([expect.stringContaining("SHARDS:")]);
    expect(kept.length).toBeGreaterThan(5);
    const { services } = parse(after, { merge: true }) as { services: Record<string, Record<string, unknown>> };
    expect(services["lamp"]).toMatchObject({
      read_only: true,
      cap_drop: ["ALL"],
      build: { context: ".", args: { PACKAGE: "shards/lamp", PORT: 9105 } },
      labels: { "shardgate.enable": "true", "shardgate.port": "9105" },
    });
    expect((services["gateway"] as { environment: Record<string, string> }).environment["SHARDS"]).toMatch(
      /,http:\/\/lamp:9105\}$/,
    );
    expect(read(".env.example")).toMatch(
      /#LOG_LEVEL=info[^]*# --- Shard lamp: .*\n#LAMP_URL=http:\/\/localhost:8080\n#LAMP_TOKEN=\n$/,
    );
    // The comment above the next service is still above it.
    expect(after).toMatch(/shardgate.port: "9105"\n\n {2}# --- profile demo/);
  });

  it("keeps a second shard apart from the first", async () => {
    const { make, read } = start();
    await make("one", "--yes");
    await make("two", "--yes");
    const { services } = parse(read("compose.yaml"), { merge: true }) as { services: Record<string, object> };
    expect(services).toMatchObject({
      one: { labels: { "shardgate.port": "9105" } },
      two: { labels: { "shardgate.port": "9106" } },
    });
  });
});

describe("a project of its own", () => {
  it("has what it needs, and its dependencies installed", async () => {
    const { make, ran, read, has, folder } = start({ repository: undefined });
    expect(await make("lamp", "--yes")).toBe(0);
    expect(ran).toEqual([
      `npm install --no-fund --no-audit in ${folder}/lamp-shard`,
      `npm run format in ${folder}/lamp-shard`,
      `git init --quiet in ${folder}/lamp-shard`,
    ]);
    expect(JSON.parse(read("lamp-shard/package.json"))).toMatchObject({
      name: "lamp-shard",
      dependencies: { "@shardgate/shard-sdk": "file:vendor/shard-sdk.tgz" },
    });
    for (const path of ["vendor/shard-sdk.tgz", ".gitignore", ".dockerignore", "Dockerfile", "tsconfig.json"]) {
      expect(has(`lamp-shard/${path}`), path).toBe(true);
    }
    expect(parse(read("lamp-shard/compose.yaml"))).toHaveProperty("services.lamp.read_only", true);
  });

  it("installs nothing and makes no repository where that is not wanted", async () => {
    const { make, ran } = start({ repository: undefined });
    expect(await make("lamp", "--yes", "--no-install", "--no-git")).toBe(0);
    expect(ran).toEqual([]);
  });

  it("says what to do when the installation fails", async () => {
    const { make, said } = start({ repository: undefined, run: () => 7 });
    expect(await make("lamp", "--yes")).toBe(1);
    expect(said()).toContain("`npm install --no-fund --no-audit` ended with 7");
  });

  it("has the versions of this repository", () => {
    start();
    const read = (path: string): string => readFileSync(join(root, path), "utf8");
    const { catalogs } = parse(read("pnpm-workspace.yaml")) as { catalogs: Record<string, Record<string, string>> };
    const ours = JSON.parse(read("package.json")) as { devDependencies: Record<string, string> };
    const known = { ...catalogs["runtime"], ...catalogs["dev"], node: ours.devDependencies["node"] };
    const own = JSON.parse(read("template/stand-alone/package.json")) as Record<string, Record<string, string>>;
    const versions = Object.entries({ ...own["dependencies"], ...own["devDependencies"] }).filter(
      ([name]) => !name.startsWith("@shardgate/"),
    );
    expect(Object.fromEntries(versions)).toEqual(
      Object.fromEntries(versions.map(([name]) => [name, known[name as keyof typeof known]])),
    );
  });
});

describe("what cannot be", () => {
  it.each([
    ["My Lamp", /cannot be a shard's name.*say my-lamp/],
    ["Lamp", /say lamp/],
    ["a".repeat(80), /1 to 16/],
    ["lampe_ä", /1 to 16/],
    ["9lives", /beginning with a letter/],
    ["a--b", /single -/],
    ["../evil", /cannot be a shard's name/],
    ["gateway", /name of the house itself/],
    ["mcp", /name of the house itself/],
    ["time", /There is a shard time already/],
  ])("a name: %s", async (name, expected) => {
    const { make, said, has } = start();
    expect(await make(name, "--yes")).toBe(2);
    expect(said()).toMatch(expected);
    expect(has(`shards/${name}/package.json`)).toBe(false);
  });

  it.each([
    [["--title", 'say "hi"'], /title is/],
    [["--title", "a`${process}`"], /title is/],
    [["--url", "lamp.lan"], /no address/],
    [["--url", "file:///etc/passwd"], /no address/],
    [["--url", "http://me:secret@lamp"], /password/],
    [["--port", "80"], /no port between/],
    [["--port", "9101"], /taken/],
    [["--port", "9104"], /taken/],
    [["--colour", "red"], /Unknown option '--colour'.*--help/],
    [["lamp"], /One name, please/],
  ])("%j", async (args, expected) => {
    const { make, said, has } = start();
    expect(await make("lamp", ...args, "--yes")).toBe(2);
    expect(said()).toMatch(expected);
    expect(said()).not.toContain("secret");
    expect(has("shards/lamp")).toBe(false);
  });

  it("a folder that is there already, even an empty one", async () => {
    const { make, said, folder } = start();
    mkdirSync(join(folder, "here"));
    expect(await make("lamp", "--folder", "here", "--yes")).toBe(2);
    expect(said()).toMatch(/here exists already, and nothing is overwritten/);
  });

  it("a service that compose.yaml has already: nothing is written", async () => {
    const { make, said, has } = start();
    expect(await make("proxy", "--yes")).toBe(2);
    expect(said()).toContain("compose.yaml has a service proxy already");
    expect(has("shards/proxy")).toBe(false);
  });

  it("a compose.yaml that cannot be read: nothing is written", async () => {
    const { make, said, has, folder } = start();
    writeFileSync(join(folder, "compose.yaml"), "services: [\n");
    expect(await make("lamp", "--yes")).toBe(2);
    expect(said()).toContain("compose.yaml cannot be read");
    expect(has("shards/lamp")).toBe(false);
  });

  it("a name that is missing where nobody can be asked", async () => {
    const { make, said } = start();
    expect(await make("--yes")).toBe(2);
    expect(said()).toContain("A shard needs a name");
  });
});

it("says what there is", async () => {
  const { make, said } = start();
  expect(await make("--help")).toBe(0);
  for (const flag of ["--title", "--url", "--port", "--folder", "--from-openapi", "--stand-alone", "--yes"]) {
    expect(said()).toContain(flag);
  }
});
