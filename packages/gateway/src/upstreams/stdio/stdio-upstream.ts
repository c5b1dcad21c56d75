import {
  Cancellation,
  type ClientDescription,
  connectUpstream,
  type ExchangeContext,
  type Era,
  type ListKind,
  type Message,
  PipeLink,
  type UpstreamClient,
  UpstreamError,
} from "@shardgate/mcp-wire";
import type { Checkup, ReadLists, Upstream, UpstreamDeps, UpstreamDetails, UpstreamProfile } from "../upstream.ts";
import { type LastRun, LastRuns, keyOf } from "./last-run.ts";
import { type Program, ProcessGroup, STOP_TIMES, type StopTimes } from "./process-group.ts";
import type { ProgramHost, Wanted } from "./program-host.ts";
import { redactor, secretsOf } from "./redact.ts";
import { StderrRing } from "./stderr-ring.ts";

export interface StdioOptions extends Wanted {
  /** Longest silence of a call, in milliseconds. */
  readonly timeout: number;
}

/** From its start to the end of the handshake, in milliseconds. */
const START_MS = 60_000;
/** That it is a legacy server is believed this long, in milliseconds; then it is asked again. */
const BELIEVE_ERA_MS = 7 * 24 * 3_600_000;
/** More lines than this between two looks that are no messages: something is wrong with it. */
const GARBAGE_LIMIT = 25;
const SHOWN_LINES = 10;
/** What did not hear us when it was asked how it is will hardly hear that it is to end. */
const STOP_TIMES_OF_HUNG: StopTimes = { eofMs: 500, termMs: 1_000 };

/** A program that we start and speak to over its standard input and output: one process. */
export class StdioUpstream implements Upstream {
  readonly #options: StdioOptions;
  readonly #deps: UpstreamDeps;
  readonly #downstream: ClientDescription | undefined;
  readonly #host: ProgramHost;
  readonly #log: StderrRing;
  readonly #key: string;
  readonly #lastRuns: LastRuns | undefined;
  #era: Era | undefined;
  #running: { readonly group: ProcessGroup; readonly link: PipeLink } | undefined;
  #client: UpstreamClient | undefined;
  #garbage = 0;
  #heard = 0;
  #isHung = false;
  #onEnd: (reason: Error) => void = () => undefined;
  #closed = false;

  /** @param client whom alone it is for, in its own words; undefined where it is for all */
  constructor(options: StdioOptions, host: ProgramHost, deps: UpstreamDeps, client?: ClientDescription) {
    const { command, args, env, cwd } = options;
    this.#options = options;
    this.#deps = deps;
    this.#host = host;
    this.#downstream = client;
    this.#log = new StderrRing(redactor(secretsOf(env, args)));
    this.#key = keyOf(command, args, env, cwd);
    this.#lastRuns = host.stateDir === undefined ? undefined : new LastRuns(host.stateDir);
  }

  async recall(): Promise<UpstreamProfile | undefined> {
    const last = await this.#lastRuns?.read(this.#key);
    if (last === undefined) return undefined;
    if (Date.now() - last.at < BELIEVE_ERA_MS) this.#era = last.era;
    return profileOf(last);
  }

  async connect(cancellation: Cancellation): Promise<UpstreamProfile> {
    await this.#end();
    const note = (text: string): void => this.#log.push(Buffer.from(`${text}\n`));
    const program = await this.#host.prepare(this.#options, cancellation, note);
    // A few at a time: programs that all start at once only take each other's processor.
    return await this.#host.starts.run(async () => {
      if (this.#closed) throw new UpstreamError("unavailable", "it was stopped", { sent: false });
      try {
        return await this.#start(program, cancellation);
      } catch (error) {
        await this.#end();
        throw error;
      }
    });
  }

  async #start(program: Program, cancellation: Cancellation): Promise<UpstreamProfile> {
    const limit = new Cancellation();
    cancellation.onCancel((reason) => limit.cancel(reason));
    const timer = setTimeout(() => limit.cancel(new Error(`no handshake within ${START_MS / 1000} s`)), START_MS);
    try {
      const client = await this.#shakeHands(program, limit);
      const { lists, problems } = await client.readLists(limit);
      this.#client = client;
      this.#era = client.era;
      const last = { era: client.era, description: client.description, lists, at: Date.now() };
      void this.#keep(last);
      return { ...profileOf(last), problems };
    } finally {
      clearTimeout(timer);
    }
  }

  async #shakeHands(program: Program, cancellation: Cancellation): Promise<UpstreamClient> {
    const clientInfo = (this.#downstream?.clientInfo ?? this.#deps.clientInfo) as object;
    const capabilities = this.#downstream?.capabilities;
    try {
      return await connectUpstream(this.#spawn(program), clientInfo, cancellation, { era: this.#era, capabilities });
    } catch (error) {
      const died = error instanceof UpstreamError && error.failure === "crashed";
      if (!died || this.#era !== undefined) throw error;
      // Some legacy servers end at the first word they do not know.
      await this.#end();
      this.#era = "legacy";
      return await connectUpstream(this.#spawn(program), clientInfo, cancellation, { era: "legacy", capabilities });
    }
  }

  #spawn(program: Program): PipeLink {
    const link = new PipeLink({ write: (line) => group.write(line) });
    const release = (): void => this.#host.children.remove(group);
    const group = new ProcessGroup(program, {
      onOutput: (chunk) => {
        this.#heard = performance.now();
        link.push(chunk);
      },
      onErrorOutput: (chunk) => this.#log.push(chunk),
      onExit: (how) => {
        const [line] = this.#log.last(1);
        const message = line === undefined ? how : `${how}; it last wrote: ${JSON.stringify(line.slice(0, 200))}`;
        link.end(new UpstreamError("crashed", message, { sent: true }));
        void group.stop().then(release);
        if (this.#running?.group === group && this.#client !== undefined) this.#onEnd(new Error(message));
      },
    });
    this.#host.children.add(group);
    this.#running = { group, link };
    this.#garbage = 0;
    this.#heard = performance.now();
    this.#isHung = false;
    return link;
  }

  async check(cancellation: Cancellation): Promise<Checkup> {
    const { link } = this.#live();
    const lines = link.counters.garbage - this.#garbage;
    this.#garbage = link.counters.garbage;
    // One that works on a call may answer nothing else meanwhile; its calls have their own deadlines.
    const isWorking = link.active > 0 && performance.now() - this.#heard < this.#options.timeout;
    if (!isWorking) await this.#ping(cancellation);
    if (lines <= GARBAGE_LIMIT) return {};
    return { degraded: `it writes what is no MCP message to its standard output (${lines} lines since the last look)` };
  }

  async #ping(cancellation: Cancellation): Promise<void> {
    this.#isHung = true;
    await this.client.ping(cancellation);
    this.#isHung = false;
  }

  async readLists(cancellation: Cancellation): Promise<ReadLists> {
    const read = await this.client.readLists(cancellation);
    const { era, description } = this.client;
    void this.#keep({ era, description, lists: read.lists, at: Date.now() });
    return read;
  }

  /** @throws UpstreamError where it does not run */
  get client(): UpstreamClient {
    this.#live();
    if (this.#client !== undefined) return this.#client;
    throw new UpstreamError("unavailable", "it has not started", { sent: false });
  }

  exchange = (message: Message, context: ExchangeContext): Promise<Message> => this.client.exchange(message, context);

  notify(message: Message, session: object | undefined): void {
    this.#client?.notify(message, session);
  }

  async watchResources(uris: readonly string[], onUpdated: (uri: string) => void): Promise<(() => void) | undefined> {
    return await this.client.watchResources(uris, onUpdated);
  }

  watch(onChange: (list: ListKind) => void, onEnd: (reason: Error) => void): (() => void) | undefined {
    return this.client.watch(onChange, onEnd);
  }

  onEnd(listener: (reason: Error) => void): void {
    this.#onEnd = listener;
  }

  details(): UpstreamDetails {
    const { group } = this.#running ?? {};
    const log = this.#log.last(SHOWN_LINES);
    return {
      ...(group?.pid === undefined || group.hasExited ? {} : { pid: group.pid }),
      ...(log.length === 0 ? {} : { log }),
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#end();
  }

  #live(): { readonly group: ProcessGroup; readonly link: PipeLink } {
    if (this.#running !== undefined) return this.#running;
    throw new UpstreamError("unavailable", "it does not run", { sent: false });
  }

  /** Ends the process and all that belongs to it; what is under way on it fails. */
  async #end(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    this.#client = undefined;
    if (running === undefined) return;
    running.link.end(new UpstreamError("crashed", "it was stopped", { sent: true }));
    await running.group.stop(this.#isHung ? STOP_TIMES_OF_HUNG : STOP_TIMES);
    this.#host.children.remove(running.group);
  }

  async #keep(last: LastRun): Promise<void> {
    // A state folder that cannot be written costs the list before the next start, nothing else.
    await this.#lastRuns?.write(this.#key, last).catch(() => undefined);
  }
}

function profileOf({ era, description, lists }: LastRun): UpstreamProfile {
  const { version } = JSON.parse(description.serverInfo) as { version?: unknown };
  return { era, description, lists, problems: [], ...(typeof version === "string" && { version }) };
}
