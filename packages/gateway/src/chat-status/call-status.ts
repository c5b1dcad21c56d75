import type { Message } from "@shardgate/mcp-wire";
import type { Call, CallEnd } from "../core/call.ts";
import type { Timers } from "../core/timers.ts";
import type { ChatEvents, ChatPlace } from "./chat-events.ts";

/** A call that ends sooner shows nothing; lines of one call are at least this far apart. In milliseconds. */
const QUIET_MS = 1_000;
/** How long an answer waits for its last line, which Open WebUI may lose once it has the answer. In milliseconds. */
const LAST_MS = 300;
/** Lines of one call besides the last; each stays in the chat. */
const MAX_LINES = 30;
const MAX_TEXT = 200;

/** What a chat shows of one call that takes a while. Only the newest line waits; of those it overtakes nobody hears. */
export class CallStatus implements CallEnd {
  readonly #events: ChatEvents;
  readonly #place: ChatPlace;
  readonly #timers: Timers;
  readonly #label: string;
  readonly #started: number;
  /** While a line waits for its time: how to give that up. */
  #cancelTimer: (() => void) | undefined;
  #next: { readonly text: string; readonly done: boolean } | undefined;
  #isSending = false;
  #isOver = false;
  #lines = 0;
  readonly #last = Promise.withResolvers<void>();

  constructor(call: Call, events: ChatEvents, place: ChatPlace, timers: Timers) {
    this.#events = events;
    this.#place = place;
    this.#timers = timers;
    this.#label = `${call.upstream.name}: ${call.message.name ?? "a tool"}`;
    this.#started = timers.now();
    this.#next = { text: this.#label, done: false };
    this.#schedule();
  }

  /** Takes a sign of progress (`notifications/progress`). */
  take(progress: Message): void {
    const { message, progress: reached, total } = progress.params;
    const share = typeof reached === "number" && typeof total === "number" && total > 0 ? reached / total : undefined;
    const said = typeof message === "string" && message !== "" ? message : share && `${Math.round(share * 100)} %`;
    if (said === undefined || this.#isOver || this.#lines >= MAX_LINES) return;
    this.#next = { text: `${this.#label}: ${oneLine(String(said))}`, done: false };
    this.#schedule();
  }

  ended(_: Call, response: Message | undefined): void {
    this.#isOver = true;
    this.#cancelTimer?.();
    this.#next = undefined;
    // Who saw that it began, or is about to, sees that it ended.
    if (this.#lines === 0) return;
    const isGood = response !== undefined && !response.isError && !response.isToolError;
    const seconds = ((this.#timers.now() - this.#started) / 1_000).toFixed(1);
    this.#next = { text: `${this.#label}: ${isGood ? "done in" : "failed after"} ${seconds} s`, done: true };
    void this.#send();
  }

  /** Resolves when its last line is there, or has taken too long; undefined where it shows none. */
  shown(): Promise<void> | undefined {
    if (this.#lines === 0) return undefined;
    this.#cancelTimer = this.#timers.after(LAST_MS, this.#last.resolve);
    return this.#last.promise;
  }

  #schedule(): void {
    if (this.#isSending || this.#cancelTimer !== undefined) return;
    this.#cancelTimer = this.#timers.after(QUIET_MS, () => {
      this.#cancelTimer = undefined;
      void this.#send();
    });
  }

  async #send(): Promise<void> {
    const line = this.#next;
    if (line === undefined || this.#isSending) return;
    this.#next = undefined;
    this.#isSending = true;
    this.#lines++;
    await this.#events.showStatus(this.#place, line.text, line.done);
    this.#isSending = false;
    if (line.done) {
      this.#cancelTimer?.();
      this.#last.resolve();
    } else if (this.#isOver) void this.#send();
    else if (this.#next !== undefined) this.#schedule();
  }
}

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > MAX_TEXT ? `${line.slice(0, MAX_TEXT - 1)}…` : line;
}
