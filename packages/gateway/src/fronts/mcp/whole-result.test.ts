import { type Era, Message } from "@shardgate/mcp-wire";
import { describe, expect, it } from "vitest";
import { wholeResult } from "./whole-result.ts";

const text = (said: string): object => ({ type: "text", text: said });
const image = { type: "image", data: "iVBORw0KGgo=", mimeType: "image/png" };
const link = { type: "resource_link", uri: "file:///manual", name: "Manual", description: "All of it" };

const whole = (result: object | string, era: Era = "modern"): string => {
  const json = typeof result === "string" ? result : JSON.stringify(result);
  return wholeResult(Message.result("1", json), era).outcome.toString();
};

const contentOf = (result: object, era: Era = "modern"): unknown =>
  (JSON.parse(whole(result, era)) as { content: unknown }).content;

describe("wholeResult", () => {
  it.each([
    ["a text", { content: [text("on")] }],
    ["a text beside an image", { content: [text("see"), image] }],
    [
      "a text beside structured content that says another thing",
      { content: [text("42")], structuredContent: { n: 42 } },
    ],
    ["a question", { resultType: "input_required", inputRequests: {} }],
  ])("leaves %s as it came", (_, result) => {
    expect(whole(result)).toBe(JSON.stringify(result));
  });

  it("puts structured content that stands alone into a text, spelled as it is", () => {
    const structured = '{"big":12345678901234567890, "n":1.0}';
    expect(whole(`{"content":[],"structuredContent":${structured},"x":1.50}`)).toBe(
      `{"content":[${JSON.stringify(text(structured))}],"structuredContent":${structured},"x":1.50}`,
    );
  });

  it("mirrors structured content for the legacy era, once", () => {
    const differs = { content: [text("42")], structuredContent: { n: 42 } };
    expect(contentOf(differs, "legacy")).toEqual([text("42"), text('{"n":42}')]);
    expect(whole({ content: [text('{"n": 42}')], structuredContent: { n: 42 } }, "legacy")).not.toContain(
      '{\\"n\\":42}',
    );
    const wrapped = { content: [text("all is well")], structuredContent: { result: "all is well" } };
    expect(contentOf(wrapped, "legacy")).toEqual(wrapped.content);
  });

  it("has a text beside a link, an image, a sound", () => {
    expect(contentOf({ content: [link] })).toEqual([link, text("Manual: file:///manual (All of it)")]);
    expect(contentOf({ content: [text("see"), link] })).toHaveLength(3);
    expect(contentOf({ content: [image] })).toEqual([
      image,
      text("An image (image/png), which is shown beside this text."),
    ]);
    const drawn = { type: "resource", resource: { uri: "file:///a.png", mimeType: "image/png", blob: "iVBORw0KGgo=" } };
    expect(contentOf({ content: [drawn] })).toEqual([
      drawn,
      text("An image (image/png), which is shown beside this text."),
    ]);
    const sound = { type: "audio", data: "", mimeType: "audio/wav" };
    expect(contentOf({ content: [sound] })).toEqual([sound, text("A sound (audio/wav), which the user can play.")]);
  });

  it("is never empty", () => {
    expect(contentOf({ content: [] })).toEqual([text("Done; the tool had nothing to say.")]);
    expect(contentOf({})).toEqual([text("Done; the tool had nothing to say.")]);
    expect(contentOf({ content: [], isError: true })).toEqual([text("The tool failed and did not say why.")]);
  });
});
