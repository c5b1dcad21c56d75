// What comes besides answers.
import { expect, vi } from "vitest";
import type { Json } from "../../fixture/surface.ts";
import { call, NEWS_MS, type At, type Feature } from "../feature.ts";

/** `_meta` of a modern call that wants log messages, from a level on. */
const wantsLog = (at: At, level: string): Json =>
  at.peer.era === "modern" ? { _meta: { "io.modelcontextprotocol/logLevel": level } } : {};
const logsOf = ({ peer }: Pick<At, "peer">) => peer.heard.filter(({ method }) => method === "notifications/message");

export const news: readonly Feature[] = [
  {
    feature: "progress comes while the call runs, to nobody else",
    page: "2025-11-25/basic/utilities/progress",
    async works(at) {
      const heard: Json[] = [];
      const params = { name: at.named("test_tool_with_progress"), arguments: {} };
      await at.peer.request("tools/call", params, { onProgress: (progress) => void heard.push(progress) });
      expect(heard.map(({ progress, total }) => [progress, total])).toEqual([
        [0, 100],
        [50, 100],
        [100, 100],
      ]);
      expect(at.bystander.heard).toEqual([]);
    },
  },
  {
    feature: "a cancelled call is cancelled at the server",
    page: "2025-11-25/basic/utilities/cancellation",
    async works(at) {
      const count = async () => Number(/(\d+) cancelled/.exec(JSON.stringify(await call(at, "count_cancelled")))?.[1]);
      const before = await count();
      const cancel = new AbortController();
      const params = { name: at.named("wait"), arguments: {} };
      const options = { signal: cancel.signal, onProgress: () => cancel.abort(new Error("changed my mind")) };
      await Promise.race([
        at.peer.request("tools/call", params, options).catch(() => undefined),
        // A legacy client that cancels may be sent no answer at all.
        new Promise((resolve) => cancel.signal.addEventListener("abort", () => setTimeout(resolve, 50))),
      ]);
      await vi.waitFor(async () => expect(await count()).toBe(before + 1), NEWS_MS);
    },
  },
  {
    feature: "log messages of a call, from the level that the client set, to nobody else",
    page: "2025-11-25/server/utilities/logging",
    async works(at) {
      const setLevel = async (level: string): Promise<void> => {
        if (at.peer.era === "legacy") await at.peer.request("logging/setLevel", { level });
      };
      const before = logsOf(at).length;
      await setLevel("info");
      await call(at, "test_tool_with_logging", {}, wantsLog(at, "info"));
      await vi.waitFor(() => expect(logsOf(at)).toHaveLength(before + 3), NEWS_MS);
      expect(logsOf(at).at(-1)).toMatchObject({ params: { level: "info", data: "Tool execution completed" } });
      await setLevel("error");
      await call(at, "test_tool_with_logging", {}, wantsLog(at, "error"));
      expect(logsOf(at)).toHaveLength(before + 3);
      expect(logsOf({ peer: at.bystander })).toEqual([]);
    },
  },
  {
    feature: "a resource that changes, and lists that change, are announced",
    page: "2026-07-28/basic/patterns/subscriptions",
    async works(at) {
      await at.peer.listen(at.uri("test://watched-resource"));
      const before = at.peer.heard.length;
      const since = (): readonly string[] => at.peer.heard.slice(before).map(({ method }) => method);
      for (const tool of ["test_trigger_tool_change", "test_trigger_prompt_change", "trigger_resource_change"]) {
        await call(at, tool);
      }
      await vi.waitFor(() => {
        const lists = ["tools", "prompts", "resources"].map((list) => `notifications/${list}/list_changed`);
        expect(since()).toEqual(expect.arrayContaining([...lists, "notifications/resources/updated"]));
      }, NEWS_MS);
      const updated = at.peer.heard.findLast(({ method }) => method === "notifications/resources/updated");
      const uri = "test://watched-resource";
      expect([uri, at.uri(uri)]).toContain(updated?.params["uri"]);
      expect(at.bystander.heard.map(({ method }) => method)).not.toContain("notifications/resources/updated");
    },
  },
];
