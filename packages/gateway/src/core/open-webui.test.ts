import { describe, expect, it } from "vitest";
import { isOpenWebUi, openWebUiHeaders } from "./open-webui.ts";

describe("isOpenWebUi", () => {
  it.each([
    [["Host", "a", "X-OpenWebUI-Chat-Id", "1"], true],
    [["x-openwebui-user-jwt", "1"], true],
    [["Host", "x-openwebui-", "X-OpenWebUI", "1"], false],
    [undefined, false],
  ])("%j: %s", (headers, expected) => {
    expect(isOpenWebUi(headers)).toBe(expected);
  });
});

describe("openWebUiHeaders", () => {
  it("finds headers whatever their case, the first of each, and takes no value for a name", () => {
    const headers = ["Via", "x-openwebui-chat-id", "X-OpenWebUI-Chat-Id", "42", "x-openwebui-chat-id", "43"];
    expect([...(openWebUiHeaders(headers) ?? [])]).toEqual([["chat-id", "42"]]);
    expect(openWebUiHeaders(["Via", "x-openwebui-chat-id"])).toBeUndefined();
  });
});
