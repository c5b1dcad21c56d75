import { type Diagnostic, summarize } from "../config/diagnostics.ts";
import { type ConfigWorld, loadConfig, type LoadedConfig } from "../config/load.ts";
import { listConfigFiles, readConfigFile } from "../config/read-file.ts";
import type { GatewayConfig } from "../config/schema.ts";
import type { FileContent } from "../config/variables.ts";
import type { Logger } from "../core/logger.ts";
import type { Timers } from "../core/timers.ts";
import { changesBetween, type ConfigChanges } from "./changes.ts";
import { fingerprintOf } from "./fingerprint.ts";
import type { Actor, GenerationStore } from "./generations.ts";
import type { FolderWatch } from "./watch-folders.ts";

/** Editors write in several steps: a change counts when nothing further happened for this long, or that long in all. */
const SETTLE_MS = 300;
const LONGEST_SETTLE_MS = 2_000;
/** A file that is empty or gone is looked at again this soon, and is worth a warning after that long. */
const RECHECK_MS = 1_000;
const PATIENCE_MS = 10_000;
const MAX_PROBLEMS = 50;

type Good = LoadedConfig & { readonly config: GatewayConfig };

export interface LiveConfigDeps {
  readonly paths: readonly string[];
  readonly world: ConfigWorld;
  readonly timers: Timers;
  readonly logger: Logger;
  /** Milliseconds between comparisons of the files; undefined: only when told to. */
  readonly intervalMs: number | undefined;
  /** Undefined where changes are found by comparing alone. */
  readonly watch: ((onEvent: () => void, onProblem: (message: string) => void) => FolderWatch) | undefined;
  readonly store: GenerationStore | undefined;
}

/** How the configuration is, for whoever shows it. */
export interface ConfigReport {
  /** Counts the configurations that were in force. */
  readonly generation: number;
  /** `refused`: the files are wrong, the last good configuration is in force. `waiting`: one of them is empty or gone. */
  readonly status: "ok" | "refused" | "waiting";
  readonly files: readonly string[];
  /** ISO 8601: when the one in force began to be. */
  readonly since: string;
  readonly reloads: { readonly applied: number; readonly refused: number };
  /** Why the files are not in force, each with its place; nothing secret. */
  readonly problems?: readonly string[];
  readonly warnings?: readonly string[];
}

export type ReloadOutcome =
  | { readonly status: "applied"; readonly generation: number; readonly changes: ConfigChanges }
  | { readonly status: "unchanged"; readonly generation: number }
  | { readonly status: "refused" | "waiting"; readonly generation: number; readonly problems: readonly string[] };

/** The configuration in force, which follows its files: what is wrong never applies, what is right applies as a whole. */
export class LiveConfig {
  readonly #deps: LiveConfigDeps;
  readonly #listeners = new Set<() => void>();
  #inForce: Good;
  /** What was read last, whatever came of it. */
  #read: LoadedConfig;
  #seen: string;
  #generation = 0;
  #since: string;
  #status: ConfigReport["status"] = "ok";
  #problems: readonly string[] = [];
  #reloads = { applied: 0, refused: 0 };
  #waitingSince: number | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  #watch: FolderWatch | undefined;
  #firstEvent: number | undefined;
  #isStopped = false;
  #cancelSettle = (): void => undefined;
  #cancelPoll = (): void => undefined;

  constructor(initial: Good, deps: LiveConfigDeps) {
    this.#deps = deps;
    this.#inForce = this.#read = initial;
    this.#seen = fingerprintOf(initial);
    this.#since = deps.timers.date().toISOString();
  }

  get current(): GatewayConfig {
    return this.#inForce.config;
  }

  report(): ConfigReport {
    const warnings = this.#inForce.diagnostics.filter(({ severity }) => severity === "warning").map(summarize);
    return {
      generation: this.#generation,
      status: this.#status,
      files: this.#inForce.files,
      since: this.#since,
      reloads: this.#reloads,
      ...(this.#problems.length > 0 && { problems: this.#problems }),
      ...(warnings.length > 0 && { warnings: warnings.slice(0, MAX_PROBLEMS) }),
    };
  }

  /** Calls `listener` after each change of {@link current} or {@link report}. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Numbers the configuration it began with and follows the files until the signal aborts. */
  async start(signal: AbortSignal): Promise<void> {
    for (const one of this.#inForce.diagnostics) this.#deps.logger.warn({}, `configuration: ${summarize(one)}`);
    await this.#record("start");
    if (this.#deps.intervalMs === undefined || signal.aborted) return;
    this.#watch = this.#deps.watch?.(
      () => this.#onEvent(),
      (message) => this.#deps.logger.warn({}, `${message}; the configuration is compared from time to time instead`),
    );
    signal.addEventListener("abort", () => this.#stop(), { once: true });
    await this.#follow();
    this.#pollLater();
  }

  /** Reads the files now, whether or not they seem to have changed. */
  reload(actor: Actor): Promise<ReloadOutcome> {
    return this.#oneAtATime(() => this.#load(actor));
  }

  #oneAtATime<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(work);
    this.#queue = result.catch(() => undefined);
    return result;
  }

  #stop(): void {
    this.#isStopped = true;
    this.#watch?.close();
    this.#cancelSettle();
    this.#cancelPoll();
  }

  #onEvent(): void {
    const { timers } = this.#deps;
    if (this.#isStopped) return;
    this.#firstEvent ??= timers.now();
    const left = LONGEST_SETTLE_MS - (timers.now() - this.#firstEvent);
    this.#cancelSettle();
    this.#cancelSettle = timers.after(Math.max(0, Math.min(SETTLE_MS, left)), () => {
      this.#firstEvent = undefined;
      void this.#oneAtATime(() => this.#loadIfChanged());
    });
  }

  /** Finds what no event told of: network file systems, bind mounts. What it finds has to settle like everything else. */
  #pollLater(ms = this.#deps.intervalMs as number): void {
    this.#cancelPoll();
    if (this.#isStopped) return;
    this.#cancelPoll = this.#deps.timers.after(ms, () => {
      void this.#oneAtATime(async () => {
        if ((await this.#fingerprintNow()) !== this.#seen) this.#onEvent();
        this.#pollLater();
      });
    });
  }

  async #fingerprintNow(): Promise<string> {
    const { readFile = readConfigFile, listFiles = listConfigFiles } = this.#deps.world;
    const { contents, lists } = this.#read;
    const reads = [...contents.keys()].map(async (path) => [path, await readFile(path)] as const);
    const listings = [...lists.keys()].map(async (pattern) => [pattern, await listFiles(pattern)] as const);
    return fingerprintOf({ contents: new Map(await Promise.all(reads)), lists: new Map(await Promise.all(listings)) });
  }

  async #loadIfChanged(): Promise<void> {
    if (this.#waitingSince === undefined && (await this.#fingerprintNow()) === this.#seen) return;
    await this.#load("file");
  }

  async #load(actor: Actor): Promise<ReloadOutcome> {
    const loaded = await loadConfig(this.#deps.paths, this.#deps.world);
    const fingerprint = fingerprintOf(loaded);
    const unready = this.#unready(loaded);
    if (unready !== undefined) return this.#wait(unready);
    this.#waitingSince = undefined;
    this.#read = loaded;
    if (loaded.config === undefined) return await this.#refuse(loaded.diagnostics, fingerprint);
    const { config } = loaded;
    const changes = changesBetween(this.#inForce.config, config);
    const isSame = fingerprint === fingerprintOf(this.#inForce);
    this.#seen = fingerprint;
    const wasWrong = this.#status !== "ok";
    this.#status = "ok";
    this.#problems = [];
    if (isSame) {
      if (wasWrong) this.#tell();
      return { status: "unchanged", generation: this.#generation };
    }
    this.#inForce = { ...loaded, config };
    this.#reloads = { ...this.#reloads, applied: this.#reloads.applied + 1 };
    this.#tell();
    await this.#record(actor);
    this.#deps.logger.info({ generation: this.#generation, actor, ...changes }, "configuration applied");
    for (const one of loaded.diagnostics) this.#deps.logger.warn({}, `configuration: ${summarize(one)}`);
    if (changes.needsRestart !== undefined) {
      this.#deps.logger.warn({ settings: changes.needsRestart }, "these settings take effect at the next start");
    }
    await this.#follow();
    return { status: "applied", generation: this.#generation, changes };
  }

  /** A file of the configuration in force that is empty or gone: half-way through being written, most of the time. */
  #unready({ files, contents }: LoadedConfig): string | undefined {
    for (const path of this.#inForce.files) {
      const before = this.#inForce.contents.get(path);
      const content = contents.get(path);
      if (content === undefined || before === undefined || !files.includes(path) || isBlank(before)) continue;
      if ("problem" in content && content.code === "ENOENT") return `${path}:1:1 does not exist any more`;
      if (isBlank(content)) return `${path}:1:1 is empty`;
    }
    return undefined;
  }

  #wait(problem: string): ReloadOutcome {
    const { timers, logger } = this.#deps;
    const message = `${problem}; the last good configuration stays in force`;
    this.#waitingSince ??= timers.now();
    if (this.#status !== "waiting" && timers.now() - this.#waitingSince >= PATIENCE_MS) {
      logger.warn({}, `configuration: ${message}`);
      this.#status = "waiting";
      this.#problems = [message];
      this.#tell();
    }
    if (this.#deps.intervalMs !== undefined && !this.#isStopped) this.#pollSoon();
    return { status: "waiting", generation: this.#generation, problems: [message] };
  }

  #pollSoon(): void {
    this.#cancelSettle();
    this.#cancelSettle = this.#deps.timers.after(RECHECK_MS, () => {
      void this.#oneAtATime(() => this.#load("file"));
    });
  }

  async #refuse(diagnostics: readonly Diagnostic[], fingerprint: string): Promise<ReloadOutcome> {
    const problems = diagnostics.filter(({ severity }) => severity === "error").map(summarize);
    if (fingerprint !== this.#seen || this.#status !== "refused") {
      this.#reloads = { ...this.#reloads, refused: this.#reloads.refused + 1 };
      for (const problem of problems.slice(0, MAX_PROBLEMS)) this.#deps.logger.error({}, `configuration: ${problem}`);
      this.#deps.logger.error(
        { generation: this.#generation, problems: problems.length },
        "configuration refused; the last good one stays in force",
      );
    }
    this.#seen = fingerprint;
    this.#status = "refused";
    this.#problems = problems.slice(0, MAX_PROBLEMS);
    this.#tell();
    await this.#follow();
    return { status: "refused", generation: this.#generation, problems: this.#problems };
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }

  #follow(): Promise<void> {
    const { contents, lists } = this.#read;
    return this.#watch?.follow([...contents.keys(), ...lists.keys()]) ?? Promise.resolve();
  }

  /** Numbers the configuration in force and keeps it; the same one after a restart has the number it had. */
  async #record(actor: Actor): Promise<void> {
    const { store, timers, logger } = this.#deps;
    const time = timers.date().toISOString();
    const { files, contents } = this.#inForce;
    const fingerprint = fingerprintOf(this.#inForce);
    const last = (await store?.list())?.at(-1);
    this.#since = time;
    const isKept = last?.fingerprint === fingerprint;
    this.#generation = isKept ? last.number : Math.max(last?.number ?? 0, this.#generation) + 1;
    if (store === undefined || isKept) return;
    const texts = files.flatMap((path) => {
      const content = contents.get(path);
      return content !== undefined && "text" in content ? [{ path, text: content.text }] : [];
    });
    await store.add({ number: this.#generation, time, actor, fingerprint, files: texts }).catch((error: Error) => {
      logger.warn({ error: error.message }, "the configuration cannot be kept for a rollback; set STATE_DIR");
    });
  }
}

function isBlank(content: FileContent): boolean {
  return "text" in content && content.text.trim() === "";
}
