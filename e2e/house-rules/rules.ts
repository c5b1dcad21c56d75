// The house rules as data. To change a rule is to change a line here, with its reason.

/** Which packages of ours a package may import (itself always); `*`: all. */
export interface PackageRule {
  readonly folder: string;
  readonly mayImport: readonly string[] | "*";
  readonly reason: string;
}

export const packageRules: readonly PackageRule[] = [
  {
    folder: "packages/contract",
    mayImport: [],
    reason: "what both sides agree on stands below everything",
  },
  {
    folder: "packages/mcp-wire",
    mayImport: [],
    reason: "a protocol revision must be a change in one package that knows nothing of the house",
  },
  {
    folder: "packages/traefik-sim",
    mayImport: [],
    reason: "a stand-in for somebody else's program knows nothing of ours",
  },
  {
    folder: "packages/gateway",
    mayImport: ["packages/contract", "packages/mcp-wire"],
    reason: "the gateway knows a shard over the wire only, so a shard may be written in any language",
  },
  {
    folder: "packages/shard-sdk",
    mayImport: ["packages/contract", "packages/mcp-wire"],
    reason: "a shard runs without a gateway",
  },
  {
    folder: "packages/create-shard",
    mayImport: ["packages/contract"],
    reason: "it copies the template, it does not run it",
  },
  {
    folder: "packages/chat",
    mayImport: ["packages/contract", "packages/mcp-wire"],
    reason: "chat is a downstream like any other: it reaches tools over the wire",
  },
  {
    folder: "shards/traefik",
    mayImport: ["packages/shard-sdk", "packages/traefik-sim"],
    reason: "a shard needs the SDK; without a Traefik this one runs on the simulated one",
  },
  {
    folder: "shards",
    mayImport: ["packages/shard-sdk"],
    reason: "a shard needs the SDK and nothing else of ours",
  },
  {
    folder: "template",
    mayImport: ["packages/shard-sdk"],
    reason: "it is copied to places where only the SDK is installed",
  },
  { folder: "e2e", mayImport: "*", reason: "it tries everything together" },
  { folder: "bench", mayImport: "*", reason: "it measures everything" },
  { folder: "scripts", mayImport: [], reason: "it runs before anything is installed" },
];

/** What may be imported only from certain places; `to` as in `Import.to`, test files included. */
export interface PlaceRule {
  readonly to: RegExp;
  readonly onlyFrom: RegExp;
  readonly reason: string;
}

export const placeRules: readonly PlaceRule[] = [
  {
    to: /^npm:@modelcontextprotocol\/sdk$/,
    onlyFrom: /^e2e\//,
    reason: "the maintenance line of the MCP SDK plays old peers in tests and is never shipped",
  },
  {
    to: /^npm:@modelcontextprotocol\/(server|client|core|node|hono)$/,
    onlyFrom: /^(packages\/mcp-wire\/|packages\/gateway\/src\/oauth\/flow\.ts|e2e\/|bench\/)|\.test\.ts$/,
    reason:
      "the SDK costs ten times a relay and strips what it does not know: one package decides where it is worth it; signing in is not the call path; tests play peers with it",
  },
  {
    to: /^npm:hono$/,
    onlyFrom:
      /^(packages\/gateway\/src\/(app(\.test)?\.ts|fronts\/dashboard\/|oauth\/)|packages\/shard-sdk\/src\/(app|serve)(\.test)?\.ts|bench\/)/,
    reason:
      "edges are fetch(Request): only the file that mounts them knows the framework; pages have their templates from it (hono/html)",
  },
  {
    to: /^npm:@hono\/node-server$/,
    onlyFrom: /^(packages\/gateway\/src\/(app|main|listen)\.ts|packages\/shard-sdk\/src\/(app|serve)\.ts|bench\/)/,
    reason: "edges are fetch(Request): only whoever opens the port knows the server",
  },
  {
    to: /\/main\.ts$/,
    onlyFrom: /\/(bin|e2e)\//,
    reason: "a main.ts starts a process when it is imported",
  },
];

/** What files of a folder must not import; tests are free to build what they test. */
export interface FolderRule {
  readonly from: RegExp;
  readonly not: RegExp;
  readonly reason: string;
}

const gateway = "^packages/gateway/src/";

export const folderRules: readonly FolderRule[] = [
  {
    from: new RegExp(`${gateway}core/`),
    not: new RegExp(`^(?!packages/gateway/src/core/|packages/(contract|mcp-wire)/src/index.ts$)(packages|npm:)`),
    reason: "core is pure: it imports itself, the contract, and messages as the wire defines them",
  },
  {
    from: new RegExp(`${gateway}core/|^packages/contract/src/(?!write-)`),
    not: /^node:(?!crypto$|util$)/,
    reason: "no I/O and no clock here: what it needs is handed in",
  },
  {
    from: new RegExp(`${gateway}fronts/`),
    not: new RegExp(`${gateway}(upstreams|providers|registry)/`),
    reason: "a front sees the gateway, never an upstream",
  },
  {
    from: new RegExp(`${gateway}upstreams/`),
    not: new RegExp(`${gateway}(fronts|providers|registry|interceptors)/`),
    reason: "an upstream never sees who calls it",
  },
  {
    from: new RegExp(`${gateway}providers/`),
    not: new RegExp(`${gateway}(fronts|registry|interceptors)/`),
    reason: "a provider says what should exist, it does not touch what does",
  },
  {
    from: new RegExp(`${gateway}registry/`),
    not: new RegExp(`${gateway}(fronts|interceptors|commands)/`),
    reason: "the registry publishes snapshots and knows nobody who reads them",
  },
  {
    from: new RegExp(`${gateway}interceptors/`),
    not: new RegExp(`${gateway}(fronts|upstreams|providers|registry|commands)/`),
    reason: "an interceptor sees the call and the next step, nothing else",
  },
];

/** Folders whose subfolders are kinds of one thing: no kind imports a sibling, what they share moves down. */
export const kindFolders: readonly string[] = [
  "packages/gateway/src/upstreams",
  "packages/gateway/src/providers",
  "packages/gateway/src/fronts",
  "packages/gateway/src/access",
  "packages/chat/src/engines",
  "packages/chat/src/endpoints",
  "shards",
];

/** Where `process` may be named: whoever starts a program reads its environment and signals; everything else is handed what it needs. */
export const processPlaces: readonly RegExp[] = [
  /(^|\/)main\.ts$/,
  /\/bin\/[^/]+$/,
  /\.test\.ts$/,
  /^(scripts|e2e|bench)\//,
  // Starts a real Traefik for tests.
  /^packages\/traefik-sim\/src\/real\//,
  // Signals the process groups it started, and sees whether they are gone.
  /^packages\/gateway\/src\/upstreams\/stdio\/process-group\.ts$/,
  // What a shard's main.ts calls; commands of their own.
  /^packages\/shard-sdk\/src\/serve\.ts$/,
  /^packages\/contract\/src\/write-json-schemas\.ts$/,
];

export const longestFile = 300;

/** Where what a call makes must not outlive it. */
export const onCallPath = /^packages\/(mcp-wire|gateway)\/src\//;

/** Lower case, words joined by hyphens; further parts after dots (`names.test.ts`, `vitest.config.ts`). */
export const kebabCase = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+)*$/;

/** What every shard promises, unless it says more below; so that a new one needs no line here. */
export const promisedByShards: readonly string[] = ["."];

/** What each package promises to importers and to the command line. An export is a promise: adding one is a decision, removing one breaks somebody. */
export const promised: Readonly<Record<string, readonly string[]>> = {
  "@shardgate/contract": [".", "./schemas/*.json"],
  "@shardgate/create-shard": ["bin create-shard"],
  "@shardgate/gateway": [".", "bin shardgate"],
  "@shardgate/mcp-wire": [".", "./host-guard", "./server"],
  "@shardgate/shard-sdk": [".", "./docs", "./http", "./serve", "./testing"],
  "@shardgate/traefik-sim": [".", "./config", "./real"],
  "@shardgate/e2e": [],
  "@shardgate/bench": [],
};
