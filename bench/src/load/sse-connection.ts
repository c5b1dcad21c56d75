// A client of HTTP+SSE (2024-11-05): requests go over one connection, answers come as events on another, one at a time.
import { get } from "node:http";
import { openConnection, type Answer, type HttpConnection } from "./http-connection.ts";

/** Opens an event stream on a port of this machine, and a connection for what is posted to it. */
export async function openSseConnection(port: number, path: string): Promise<HttpConnection> {
  const post = await openConnection(port);
  const endpoint = Promise.withResolvers<string>();
  let waiting: ((answer: Answer | Error) => void) | undefined;
  const settle = (answer: Answer | Error): void => {
    const onAnswer = waiting;
    waiting = undefined;
    onAnswer?.(answer);
  };
  const fail = (error: Error): void => {
    endpoint.reject(error);
    settle(error);
  };
  const stream = get({ port, path, host: "127.0.0.1", headers: { Accept: "text/event-stream" } }, (incoming) => {
    let rest = "";
    incoming.setEncoding("latin1").on("data", (text: string) => {
      const events = (rest + text).replaceAll("\r\n", "\n").split("\n\n");
      rest = events.pop() as string;
      for (const event of events) {
        const data = /^data: ?(.*)$/m.exec(event)?.[1];
        if (data === undefined) continue;
        if (/^event: ?endpoint$/m.test(event)) endpoint.resolve(data);
        // What is no answer is news, which nobody here waits for.
        else if (/"(result|error)":/.test(data)) settle({ status: 200, head: "", body: data });
      }
    });
    incoming.on("close", () => fail(new Error("the event stream was closed")));
  });
  stream.on("error", fail);
  const { pathname, search } = new URL(await endpoint.promise, `http://127.0.0.1:${port}`);
  return {
    path: pathname + search,
    exchange(request, onAnswer) {
      const isAnswered = Buffer.from(request).includes('"id":');
      if (isAnswered) waiting = onAnswer;
      post.exchange(request, (posted) => {
        if (!isAnswered) onAnswer(posted);
        else if (posted instanceof Error || posted.status >= 300) settle(posted);
      });
    },
    close() {
      waiting = undefined;
      stream.destroy();
      post.close();
    },
  };
}
