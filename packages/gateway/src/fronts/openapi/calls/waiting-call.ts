import type { HttpReply, HttpStream } from "@shardgate/mcp-wire";
import { lateAnswer, type Shaped } from "./shape-result.ts";

/**
 * How long a call may be silent before bytes are sent that mean nothing, in milliseconds. The first of them decides the
 * status, so they come after the usual time in which calls fail (an upstream's `timeout`, 60 s), and before clients and
 * proxies give up (Open WebUI after 300 s, others after 100 s).
 */
const FIRST_MS = 65_000;
const NEXT_MS = 15_000;

const SPACE = Buffer.from(" ");
const JSON_TYPE = "application/json";

/** The answer of a call that is under way, which is given once. */
export class WaitingCall {
  readonly #reply: HttpReply;
  readonly #headers: Readonly<Record<string, string>>;
  #due: number;
  #stream: HttpStream | undefined;
  #isAnswered = false;

  /** @param headers besides its own @param now clock in milliseconds */
  constructor(reply: HttpReply, headers: Readonly<Record<string, string>>, now: number) {
    this.#reply = reply;
    this.#headers = headers;
    this.#due = now + FIRST_MS;
  }

  /** Sends a space in front of the JSON where it is time for one. */
  keepAlive(now: number): void {
    if (this.#isAnswered || now < this.#due) return;
    this.#stream ??= this.#reply.stream(200, { ...this.#headers, "Content-Type": JSON_TYPE });
    this.#stream.write(SPACE);
    this.#due = now + NEXT_MS;
  }

  /** The first answer counts; once the status is out, the body says what it would have been. */
  answer(shaped: Shaped): void {
    if (this.#isAnswered) return;
    this.#isAnswered = true;
    if (this.#stream !== undefined) return this.#stream.end(lateAnswer(shaped));
    const { status, type, body, headers } = shaped;
    this.#reply.send(status, { ...this.#headers, "Content-Type": type, ...headers }, body);
  }
}
