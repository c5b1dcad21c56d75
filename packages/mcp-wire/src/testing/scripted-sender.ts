import type { HttpSender, SendRequest, SendSink } from "../senders/http-sender.ts";

/** One request that was sent, and how to answer it. */
export class SentRequest {
  readonly request: SendRequest;
  readonly sink: SendSink;
  aborted = false;

  constructor(request: SendRequest, sink: SendSink) {
    this.request = request;
    this.sink = sink;
  }

  header(name: string): string | undefined {
    const { headers } = this.request;
    const index = headers.findIndex((text, at) => at % 2 === 0 && text.toLowerCase() === name);
    return index < 0 ? undefined : headers[index + 1];
  }

  head(status: number, headers: Readonly<Record<string, string>> = {}): this {
    this.sink.onHead({ status, header: (name) => headers[name] });
    return this;
  }

  data(...chunks: (string | Buffer)[]): this {
    for (const chunk of chunks) this.sink.onData(Buffer.from(chunk as string));
    return this;
  }

  /** A whole answer. */
  answer(status: number, type: string | undefined, ...chunks: (string | Buffer)[]): void {
    this.head(status, type === undefined ? {} : { "content-type": type });
    this.data(...chunks);
    this.sink.onEnd();
  }
}

/** A sender that sends nothing: the test sees each request and plays the upstream. */
export class ScriptedSender implements HttpSender {
  readonly sent: SentRequest[] = [];

  send(request: SendRequest, sink: SendSink): () => void {
    const sent = new SentRequest(request, sink);
    this.sent.push(sent);
    return () => (sent.aborted = true);
  }

  async close(): Promise<void> {
    // Nothing is open.
  }

  get last(): SentRequest {
    return this.sent.at(-1) as SentRequest;
  }
}
