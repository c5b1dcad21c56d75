/** One event of a stream; `data` is joined from its lines, without the last line feed. */
export interface SseEvent {
  readonly event: string;
  readonly data: Buffer;
  readonly id: string | undefined;
  /** Reconnection time the server asks for, in milliseconds. */
  readonly retry: number | undefined;
}

const LF = 0x0a;
const CR = 0x0d;
const COLON = 0x3a;
const SPACE = 0x20;
const NOTHING = Buffer.alloc(0);
const DATA = Buffer.from("data:");
/** A look at this much of a large event says what it is. */
const START = 64 * 1024;
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

/** Takes the data of an event that is too large to be held. */
export interface LargeSink {
  take(chunk: Buffer): void;
  end(): void;
}

/**
 * Reads a server-sent event stream (WHATWG HTML §9.2.6) as bytes: data passes through unread. Lines end in LF, CR or
 * CRLF, chunks end anywhere. Comments, unknown fields and an unfinished event at the end are dropped, as the standard
 * says; events without data are reported only when they carry an id or a reconnection time.
 */
export class SseParser {
  readonly #onEvent: (event: SseEvent) => void;
  readonly #limit: number;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #afterCr = false;
  #first = true;
  #event = "";
  #data: Buffer[] = [];
  #dataBytes = 0;
  #id: string | undefined;
  #retry: number | undefined;
  readonly #onLarge: ((start: Buffer) => LargeSink | undefined) | undefined;
  #large: LargeSink | undefined;
  /** The line under way is data of the large event. */
  #isLargeLine = false;

  /**
   * @param limit most bytes an event or a line may have
   * @param onEvent called for each event, in order
   * @param onLarge given the start of the data of an event over the limit, says where it goes; undefined where nowhere
   */
  constructor(limit: number, onEvent: (event: SseEvent) => void, onLarge?: (start: Buffer) => LargeSink | undefined) {
    this.#limit = limit;
    this.#onEvent = onEvent;
    this.#onLarge = onLarge;
  }

  /**
   * Takes the next bytes of the stream.
   *
   * @throws RangeError when an event grows over the limit
   */
  push(chunk: Buffer): void {
    let start = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at];
      if (byte !== LF && byte !== CR) {
        this.#afterCr = false;
        continue;
      }
      // The LF of a CRLF ends no second line.
      if (byte === LF && this.#afterCr) {
        this.#afterCr = false;
        start = at + 1;
        continue;
      }
      this.#afterCr = byte === CR;
      if (this.#isLargeLine) {
        this.#isLargeLine = false;
        this.#large?.take(chunk.subarray(start, at));
      } else this.#line(this.#take(chunk.subarray(start, at)));
      start = at + 1;
    }
    if (start === chunk.length) return;
    if (this.#isLargeLine) return this.#large?.take(chunk.subarray(start));
    this.#pending.push(start === 0 ? chunk : chunk.subarray(start));
    this.#pendingBytes += chunk.length - start;
    if (this.#pendingBytes <= this.#limit) return;
    this.#passOn();
    this.#check(this.#pendingBytes);
  }

  /** Lets a line of data that grew over the limit go where large events go, if there is such a place. */
  #passOn(): void {
    const line = Buffer.concat(this.#pending);
    if (this.#onLarge === undefined || this.#data.length > 0 || !line.subarray(0, DATA.length).equals(DATA)) return;
    const value = line.subarray(line[DATA.length] === SPACE ? DATA.length + 1 : DATA.length);
    this.#large = this.#onLarge(value.subarray(0, START));
    if (this.#large === undefined) return;
    this.#isLargeLine = true;
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#large.take(value);
  }

  #take(rest: Buffer): Buffer {
    if (this.#pending.length === 0) return rest;
    const line = Buffer.concat([...this.#pending, rest]);
    this.#pending = [];
    this.#pendingBytes = 0;
    return line;
  }

  #line(line: Buffer): void {
    if (this.#first) {
      this.#first = false;
      if (line.subarray(0, 3).equals(BOM)) line = line.subarray(3);
    }
    if (line.length === 0) return this.#dispatch();
    const colon = line.indexOf(COLON);
    if (colon === 0) return;
    const field = line.toString("latin1", 0, colon < 0 ? line.length : colon);
    const value = colon < 0 ? NOTHING : line.subarray(line[colon + 1] === SPACE ? colon + 2 : colon + 1);
    this.#field(field, value);
  }

  #field(field: string, value: Buffer): void {
    if (field === "data" && this.#large !== undefined) this.#large.take(Buffer.concat([LINE_FEED, value]));
    else if (field === "data") {
      this.#data.push(value);
      this.#dataBytes += value.length + 1;
      this.#check(this.#dataBytes);
    } else if (field === "event") this.#event = value.toString();
    else if (field === "id" && !value.includes(0)) this.#id = value.toString();
    else if (field === "retry" && /^\d{1,9}$/.test(value.toString("latin1")))
      this.#retry = Number(value.toString("latin1"));
  }

  #dispatch(): void {
    this.#large?.end();
    this.#large = undefined;
    const data = this.#data;
    if (data.length > 0 || this.#id !== undefined || this.#retry !== undefined) {
      this.#onEvent({ event: this.#event || "message", data: joinLines(data), id: this.#id, retry: this.#retry });
    }
    this.#event = "";
    this.#data = [];
    this.#dataBytes = 0;
    this.#id = this.#retry = undefined;
  }

  #check(bytes: number): void {
    if (bytes > this.#limit) throw new RangeError(`an event is larger than ${this.#limit} bytes`);
  }
}

function joinLines(lines: Buffer[]): Buffer {
  if (lines.length === 1) return lines[0] as Buffer;
  return Buffer.concat(lines.flatMap((line, index) => (index === 0 ? [line] : [LINE_FEED, line])));
}

const LINE_FEED = Buffer.from("\n");
