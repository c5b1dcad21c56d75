import { describe, expect, it } from "vitest";
import { isOpenWebUi, openWebUiHeader } from "./open-webui.ts";

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

describe("openWebUiHeader", () => {
  it("finds a header whatever its case, and takes no value for a name", () => {
    const headers = ["Via", "x-openwebui-chat-id", "X-OpenWebUI-Chat-Id", "42"];
    expect(openWebUiHeader(headers, "chat-id")).toBe("42");
    expect(openWebUiHeader(headers, "message-id")).toBeUndefined();
    expect(openWebUiHeader(undefined, "chat-id")).toBeUndefined();
  });
});
