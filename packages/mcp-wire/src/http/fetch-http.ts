import { type HttpReply, type HttpRequest, type HttpStream, STREAM_BACKLOG } from "./http-exchange.ts";
import { bodyBrokeOff, bodyTooLarge } from "./http-errors.ts";

/** Runs a handler of the wire on a `fetch` request; resolves as soon as the head of the answer is there. */
export function fetchExchange(
  request: Request,
  handle: (request: HttpRequest, reply: HttpReply) => void,
): Promise<Response> {
  return new Promise((resolve) => handle(fetchRequest(request), fetchReply(request, resolve)));
}

function pathOf(request: Request): string {
  const { pathname, search } = new URL(request.url);
  return pathname + search;
}

function fetchRequest(request: Request): HttpRequest {
  return {
    method: request.method,
    url: pathOf(request),
    header: (name) => request.headers.get(name) ?? undefined,
    headersWith: (prefix) => [...request.headers].filter(([name]) => name.startsWith(prefix)).flat(),
    async body(limit) {
      const body = Buffer.from(
        await request.arrayBuffer().catch(() => {
          throw bodyBrokeOff();
        }),
      );
      if (body.length > limit) throw bodyTooLarge(limit);
      return body;
    },
  };
}

function fetchReply(request: Request, resolve: (response: Response) => void): HttpReply {
  let gone: (() => void) | undefined;
  let ended = false;
  const leave = (): void => {
    if (!ended) gone?.();
    ended = true;
  };
  request.signal.addEventListener("abort", leave, { once: true });
  return {
    send(status, headers, body) {
      ended = true;
      const hasBody = status !== 202 && status !== 204 && body !== undefined;
      resolve(new Response(hasBody ? new Uint8Array(body) : null, { status, headers }));
    },
    stream(status, headers) {
      let stream: HttpStream | undefined;
      let isCancelled = false;
      const waiting: (() => void)[] = [];
      const wake = (): void => {
        for (const listener of waiting.splice(0)) listener();
      };
      const body = new ReadableStream<Uint8Array>(
        {
          start: (controller) => {
            stream = fetchStream(
              controller,
              leave,
              () => isCancelled,
              () => (ended = true),
              waiting,
            );
          },
          pull: wake,
          cancel() {
            isCancelled = true;
            leave();
            wake();
          },
        },
        new ByteLengthQueuingStrategy({ highWaterMark: STREAM_BACKLOG }),
      );
      resolve(new Response(body, { status, headers }));
      return stream as HttpStream;
    },
    onGone(listener) {
      gone = listener;
    },
  };
}

function fetchStream(
  controller: ReadableStreamDefaultController<Uint8Array>,
  leave: () => void,
  isCancelled: () => boolean,
  onEnd: () => void,
  waiting: (() => void)[],
): HttpStream {
  let open = true;
  return {
    write(chunk) {
      if (!open || isCancelled()) return;
      if ((controller.desiredSize ?? 0) < 0) {
        open = false;
        controller.error(new Error("the reader does not keep up"));
        leave();
      } else controller.enqueue(chunk);
    },
    end(chunk) {
      if (!open || isCancelled()) return;
      open = false;
      if (chunk !== undefined) controller.enqueue(chunk);
      onEnd();
      controller.close();
    },
    flow: {
      write(chunk) {
        if (open && !isCancelled()) controller.enqueue(chunk);
      },
      get isFull() {
        return open && !isCancelled() && (controller.desiredSize ?? 0) <= 0;
      },
      get isGone() {
        return !open || isCancelled();
      },
      onDrain: (listener) => void waiting.push(listener),
      destroy() {
        if (!open || isCancelled()) return;
        open = false;
        controller.error(new Error("the answer broke off"));
        leave();
      },
    },
  };
}
