import { JsonScanError, scanMembers, skipSpace, skipValue } from "../json/scan.ts";
import { stringAt } from "../json/text.ts";
import { UpstreamError } from "../upstream-error.ts";
import { STREAM_STALL_MS } from "./http-exchange.ts";

/** Most bytes of an answer that passes without being held. */
export const LARGE_LIMIT = 256 * 1024 * 1024;

/** Where an answer goes that is too large to be held: downstream as it comes in. */
export interface LargeAnswer {
  write(chunk: Buffer): void;
  /** True while the reader has not taken what was written. */
  readonly isFull: boolean;
  /** True where nobody reads any more. */
  readonly isGone: boolean;
  /** Runs `listener` once when more may be written, or nobody reads any more. */
  onDrain(listener: () => void): void;
  end(): void;
  /** Cuts it off, so that nobody takes what came for the whole. */
  fail(): void;
}

/** How to hold up an answer that comes in faster than it is taken. */
export interface AnswerFlow {
  pause(): void;
  resume(): void;
}

/** Passes an answer on as it comes in, no faster than it is read. Its bytes are not looked at. */
export class LargePump {
  readonly #target: LargeAnswer;
  readonly #flow: AnswerFlow;
  readonly #onFail: (error: UpstreamError) => void;
  #size = 0;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  /** @param onFail called at most once, where it cannot go on; the target is cut off then */
  constructor(target: LargeAnswer, flow: AnswerFlow, onFail: (error: UpstreamError) => void) {
    this.#target = target;
    this.#flow = flow;
    this.#onFail = onFail;
  }

  take(chunk: Buffer): void {
    if (this.#isOver) return;
    this.#size += chunk.length;
    if (this.#size > LARGE_LIMIT) return this.#fail("too-large", `its answer is larger than ${LARGE_LIMIT} bytes`);
    if (this.#target.isGone) return this.#fail("cancelled", "the client closed the connection");
    this.#target.write(chunk);
    if (!this.#target.isFull || this.#timer !== undefined) return;
    this.#flow.pause();
    this.#timer = setTimeout(() => {
      this.#fail("cancelled", `the client took nothing of the answer for ${STREAM_STALL_MS / 1000} s`);
    }, STREAM_STALL_MS);
    this.#target.onDrain(() => {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      if (!this.#isOver) this.#flow.resume();
    });
  }

  end(): void {
    if (this.#isOver) return;
    this.#over();
    this.#target.end();
  }

  /** The answer broke off. */
  cut(): void {
    if (this.#isOver) return;
    this.#over();
    this.#target.fail();
  }

  #fail(failure: "too-large" | "cancelled", message: string): void {
    if (this.#isOver) return;
    this.cut();
    this.#onFail(new UpstreamError(failure, message, { sent: true }));
  }

  #over(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }
}

/**
 * True where a message begins like the response to the request whose id is spelled `id`: what it holds so far is JSON, and
 * what goes on is its result.
 */
export function beginsResult(start: Buffer, id: string): boolean {
  let last = "";
  let isForeign = false;
  try {
    scanMembers(
      start,
      skipSpace(start, 0),
      (keyStart, keyEnd, valueStart, valueEnd) => {
        if (stringAt(start, keyStart, keyEnd) !== "id") return;
        const found = start.toString("utf8", valueStart, valueEnd);
        isForeign = found !== id && JSON.parse(found) !== JSON.parse(id);
      },
      (bytes, at, keyStart, keyEnd) => {
        last = stringAt(start, keyStart, keyEnd);
        return skipValue(bytes, at);
      },
    );
  } catch (error) {
    // It ends in the middle, since there is more to come.
    if (!(error instanceof JsonScanError)) throw error;
    return last === "result" && !isForeign;
  }
  return false;
}
