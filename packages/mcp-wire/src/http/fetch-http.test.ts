import { describe, expect, it } from "vitest";
import { Message } from "../message.ts";
import { callTool, EventReader, inProcess, post } from "../testing/downstream.ts";
import { STREAM_BACKLOG } from "./http-exchange.ts";

const big = Message.of({ method: "notifications/message", params: { data: "x".repeat(STREAM_BACKLOG / 4) } });

describe("over fetch", () => {
  it("takes a body that breaks off for the client's fault", async () => {
    const house = await inProcess();
    const body = new ReadableStream({
      pull(controller) {
        controller.enqueue(Buffer.from('{"jsonrpc"'));
        controller.error(new Error("gone"));
      },
    });
    const response = await house.fetch({ ...post({}), body, duplex: "half" } as RequestInit);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ id: null, error: { code: -32700 } });
    expect(house.bugs).toEqual([]);
  });

  it("cuts off a reader that does not keep up, which cancels a modern call", async () => {
    const house = await inProcess();
    const pending = house.fetch(post(callTool("waits"), { era: "modern" }));
    const { context, answer } = await house.endpoint.call();
    for (let sent = 0; sent < 4; sent++) context.notify(big);
    expect(context.cancellation.reason).toBeUndefined();
    for (let sent = 0; sent < 2; sent++) context.notify(big);
    expect(context.cancellation.reason).toBeDefined();
    context.notify(big);
    answer();
    await expect(new EventReader(await pending).rest()).rejects.toThrow("does not keep up");
  });
});
