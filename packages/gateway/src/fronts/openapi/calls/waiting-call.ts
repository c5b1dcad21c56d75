import type { HttpReply, HttpStream } from "@shardgate/mcp-wire";
import { lateAnswer, type Shaped } from "./shape-result.ts";

/** Between two spaces, in milliseconds. */
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

  /**
   * @param headers besides its own
   * @param due when it has been silent for too long, in milliseconds
   */
  constructor(reply: HttpReply, headers: Readonly<Record<string, string>>, due: number) {
    this.#reply = reply;
    this.#headers = headers;
    this.#due = due;
  }

  /** Sends a space in front of the JSON where it is time for one, which settles the status. */
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
