import type { ListedTool } from "@shardgate/mcp-wire";
import { describe, expect, it } from "vitest";
import { upstreamState } from "../testing/calls.ts";
import { Catalog } from "./catalog.ts";
import { problemsOf, type ProfileChoice, type ProfileView, viewOf } from "./profile-view.ts";
import { PromptCatalog } from "./prompt-catalog.ts";
import { ResourceCatalog } from "./resource-catalog.ts";
import type { Snapshot } from "./snapshot.ts";

const tool = (name: string): ListedTool => {
  const bytes = Buffer.from(JSON.stringify({ name }));
  return { name, modern: bytes, legacy: bytes };
};
const item = (key: string) => ({ key, bytes: Buffer.from(JSON.stringify({ name: key, uri: key })) });

interface House {
  readonly [upstream: string]: { readonly tools: readonly ListedTool[]; readonly group?: string };
}
const house: House = {
  git: { tools: [tool("list"), tool("delete_repo")], group: "code" },
  nas: { tools: [tool("list"), tool("delete_file")], group: "media" },
  tv: { tools: [tool("play")], group: "media" },
  empty: { tools: [] },
};

function snapshotOf(upstreams: House): Snapshot {
  const names = Object.keys(upstreams);
  const base = { isCapable: true, isBare: false, announced: 0 };
  return {
    generation: 1,
    catalog: Catalog.of(names.map((upstream) => ({ upstream, tools: upstreams[upstream]!.tools }))),
    prompts: PromptCatalog.of(names.map((upstream) => ({ ...base, upstream, prompts: [item("help")] }))),
    resources: new ResourceCatalog(
      names.map((upstream) => ({ ...base, upstream, resources: [item("file:///a")], templates: [] })),
    ),
    upstreams: new Map(names.map((name) => [name, upstreamState({ name, group: upstreams[name]!.group })])),
  };
}
const snapshot = snapshotOf(house);
const namesIn = ({ snapshot: { catalog } }: ProfileView): string[] => [...catalog.routes.keys()];

describe("what a profile shows", () => {
  it.each<[string, ProfileChoice, string[], string[]]>([
    ["everything, where nothing is chosen", {}, [...snapshot.catalog.routes.keys()], Object.keys(house)],
    ["no tool, where none is chosen", { include: [] }, [], []],
    ["an upstream with all it has", { upstreams: ["tv", "empty"] }, ["tv__play"], ["tv", "empty"]],
    ["a group", { groups: ["media"] }, ["nas__list", "nas__delete_file", "tv__play"], ["nas", "tv"]],
    ["tools by qualified name", { include: ["*__list"] }, ["git__list", "nas__list"], ["git", "nas"]],
    [
      "what is chosen in any way",
      { groups: ["code"], include: ["tv__*"] },
      ["git__list", "git__delete_repo", "tv__play"],
      ["git", "tv"],
    ],
    [
      "nothing that is left out",
      { upstreams: ["nas", "git"], exclude: ["*__delete_*", "git__*"] },
      ["nas__list"],
      ["git", "nas"],
    ],
  ])("%s", (_, choice, tools, upstreams) => {
    const view = viewOf(snapshot, choice);
    expect(namesIn(view)).toEqual(tools);
    expect([...view.snapshot.upstreams.keys()].toSorted()).toEqual(upstreams.toSorted());
  });

  it("has prompts and resources of its upstreams, under names that stay", () => {
    const { prompts, resources, upstreams } = viewOf(snapshot, { include: ["tv__play"] }).snapshot;
    expect([...prompts.routes.keys()]).toEqual(["tv__help"]);
    expect(resources.route("file:///a")).toEqual({ upstream: "tv", uri: "file:///a" });
    expect(upstreams.has(resources.route("shardgate+nas+file:///a")!.upstream)).toBe(false);
  });

  it("keeps what did not change", () => {
    const choice = { groups: ["media"], exclude: ["nas__delete_file"] };
    const before = viewOf(snapshot, choice);
    const same = viewOf({ ...snapshot, generation: 2 }, choice, before);
    expect(same.snapshot).toMatchObject({ generation: 2 });
    expect(same.snapshot.catalog).toBe(before.snapshot.catalog);
    expect(same.snapshot.prompts).toBe(before.snapshot.prompts);
    expect(same.snapshot.resources).toBe(before.snapshot.resources);
    const other = snapshotOf({ ...house, nas: { ...house["nas"]!, tools: [tool("list")] }, git: { tools: [] } });
    const after = viewOf(other, choice, same);
    expect(after.snapshot.catalog.of("tv")).toBe(before.snapshot.catalog.of("tv"));
    expect(after.snapshot.catalog.toolsOf("nas")).toHaveLength(1);
  });

  it("follows a group that an upstream joins, and another choice", () => {
    const before = viewOf(snapshot, { groups: ["code"] });
    const upstreams = new Map([...snapshot.upstreams, ["tv", upstreamState({ name: "tv", group: "code" })]]);
    const joined = viewOf({ ...snapshot, upstreams }, before.choice, before);
    expect(namesIn(joined)).toEqual(["git__list", "git__delete_repo", "tv__play"]);
    expect(namesIn(viewOf(snapshot, { upstreams: ["tv"] }, joined))).toEqual(["tv__play"]);
  });
});

describe("what is wrong with a profile", () => {
  it.each<[ProfileChoice, string[]]>([
    [{ groups: ["media"], exclude: ["nas__*"] }, []],
    [{ upstreams: ["tv", "radio"] }, ["upstreams: radio is no upstream"]],
    [{ upstreams: ["tv"], groups: ["home"] }, ["groups: home is no upstream's group"]],
    [{ include: ["tv_*"], exclude: ["x*"] }, ["exclude: x* fits no tool"]],
    [{ include: ["trafik__*"] }, ["include: trafik__* fits no tool", "it has no tools"]],
  ])("%j", (choice, problems) => {
    expect(problemsOf(viewOf(snapshot, choice))).toEqual(problems);
  });
});
