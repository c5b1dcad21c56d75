// Tools and their calls.
import { expect } from "vitest";
import { call, listOf, refused, saying, type Feature } from "../feature.ts";

const TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

export const calls: readonly Feature[] = [
  {
    feature: "tools are listed, whatever page they stand on upstream",
    page: "2025-11-25/server/utilities/pagination",
    async works(at) {
      const names = (await listOf(at, "tools/list", "tools")).map(({ name }) => name);
      expect(names).toEqual(expect.arrayContaining(["test_simple_text", "add", "ask_for_url"].map(at.named)));
      expect(names.filter((name) => name === at.named("add"))).toHaveLength(1);
    },
  },
  {
    feature: "a tool keeps its schemas, annotations, icons and metadata",
    page: "2025-11-25/server/tools#tool",
    async works(at) {
      const tool = (await listOf(at, "tools/list", "tools")).find(({ name }) => name === at.named("add"));
      expect(tool).toMatchObject({
        title: "Adds two numbers",
        inputSchema: { required: ["a", "b"] },
        outputSchema: { properties: { sum: { type: "number" } } },
        annotations: { readOnlyHint: true, openWorldHint: false },
        icons: [{ src: "https://example.com/plus.png", sizes: ["48x48"] }],
        _meta: { "example.com/shelf": 3 },
      });
    },
  },
  {
    feature: "a call gives text and structured content",
    page: "2025-11-25/server/tools#calling-tools",
    async works(at) {
      expect(await call(at, "add", { a: 19, b: 23 })).toMatchObject({
        ...saying("42"),
        structuredContent: { sum: 42 },
      });
    },
  },
  {
    feature: "a call gives pictures, sounds and resources",
    page: "2025-11-25/server/tools#tool-result",
    async works(at) {
      expect(await call(at, "test_multiple_content_types")).toMatchObject({
        content: [
          { type: "text" },
          { type: "image", mimeType: "image/png" },
          { type: "resource", resource: { mimeType: "application/json" } },
        ],
      });
      expect(await call(at, "test_audio_content")).toMatchObject({ content: [{ type: "audio" }] });
    },
  },
  {
    feature: "a tool that fails is a result, an unknown one an error",
    page: "2025-11-25/server/tools#error-handling",
    async works(at) {
      expect(await call(at, "test_error_handling")).toMatchObject({ isError: true });
      expect(await refused(call(at, "nothing"))).toMatchObject({ code: -32602 });
    },
  },
  {
    feature: "metadata and trace context go through",
    page: "2026-07-28/basic#general-fields",
    async works(at) {
      const _meta = { traceparent: TRACEPARENT, tracestate: "a=1", "example.com/mine": { deep: [1] } };
      const result = await call(at, "show_meta", {}, { _meta });
      const [{ text }] = result["content"] as [{ text: string }];
      expect(JSON.parse(text)).toMatchObject(_meta);
      expect(result["_meta"]).toMatchObject({ "example.com/seen": expect.any(Number) });
    },
  },
  {
    feature: "arguments that a header mirrors",
    page: "2026-07-28/basic/transports/streamable-http#custom-headers-from-tool-parameters",
    async works(at) {
      expect(await call(at, "test_x_mcp_header", { region: "eu-west" })).toMatchObject(saying("Region: eu-west"));
    },
  },
  {
    feature: "instructions, extensions and methods of the server's own, at its own address",
    page: "2025-11-25/basic/lifecycle#initialization",
    async works(at) {
      if (!at.isAlone) {
        expect(at.peer.capabilities).toMatchObject({ tools: {}, prompts: {}, resources: {}, completions: {} });
        return;
      }
      expect(at.peer.instructions).toBe("Entries that clients and gateways are tested with.");
      expect(at.peer.capabilities).toMatchObject({
        completions: {},
        extensions: { "com.example/greeting": { words: ["hello"] } },
      });
      const greeting = await at.peer.request("com.example/greet", { to: "Ada" });
      expect(greeting).toMatchObject({ hello: "Ada", precise: 1.5 });
    },
  },
];
