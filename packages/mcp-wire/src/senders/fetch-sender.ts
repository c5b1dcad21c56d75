import type { AnswerFlow } from "../http/large-answer.ts";
import type { HttpSender, SendRequest, SendSink } from "./http-sender.ts";

/** A sender over a `fetch` function: an upstream in the same process, without a port. */
export function fetchSender(origin: string, fetch: (request: Request) => Promise<Response>): HttpSender {
  return {
    send(request, sink) {
      const abort = new AbortController();
      run(origin, fetch, request, sink, abort.signal).catch((error: unknown) => {
        if (!abort.signal.aborted) sink.onError(error as Error, true);
      });
      return () => abort.abort();
    },
    close: async () => undefined,
  };
}

async function run(
  origin: string,
  fetch: (request: Request) => Promise<Response>,
  { method, path, headers, body }: SendRequest,
  sink: SendSink,
  signal: AbortSignal,
): Promise<void> {
  const pairs: [string, string][] = [];
  for (let index = 0; index < headers.length; index += 2)
    pairs.push([headers[index] as string, headers[index + 1] as string]);
  const init = { method, headers: pairs, body: body === null ? null : new Uint8Array(body), signal };
  const response = await fetch(new Request(new URL(path, origin), init));
  if (signal.aborted) return;
  let held: Promise<void> | undefined;
  let release = (): void => undefined;
  const flow: AnswerFlow = {
    pause: () => (held ??= new Promise((resolve) => (release = resolve))),
    resume() {
      held = undefined;
      release();
    },
  };
  const { status, headers: answered } = response;
  sink.onHead({ status, header: (name) => answered.get(name) ?? undefined }, flow);
  for await (const chunk of response.body ?? []) {
    if (signal.aborted) return;
    sink.onData(Buffer.from(chunk));
    if (held !== undefined) await held;
  }
  if (!signal.aborted) sink.onEnd();
}
