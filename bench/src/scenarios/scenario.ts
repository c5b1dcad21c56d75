import type { LoadGenerator, Stage } from "../programs.ts";

/** How long and how often; times in milliseconds. */
export interface Effort {
  readonly clients: readonly number[];
  readonly rounds: number;
  /** Before the first round, once for each lane: the compiler of the process under load needs it. */
  readonly firstWarmUp: number;
  readonly warmUp: number;
  readonly duration: number;
  /** How long a process is left alone before its memory is read. */
  readonly settling: number;
  /** How many starts a start time is the median of. */
  readonly starts: number;
}

export interface Bench {
  readonly effort: Effort;
  readonly load: LoadGenerator;
  /** Starts processes, all of which end with the scenario. */
  readonly stage: Stage;
  /** Without it, what a scenario can measure of the floors is measured, the rest is left out. */
  readonly hasGateway: boolean;
  say(line: string): void;
}

export type Cell = string | number | undefined;

/** One table of a report, and its numbers under names that targets can be set for. */
export interface Outcome {
  readonly title: string;
  readonly rows: readonly Readonly<Record<string, Cell>>[];
  readonly figures: Readonly<Record<string, number>>;
}

export interface Scenario {
  readonly name: string;
  readonly summary: string;
  /** Part of a quick run. */
  readonly isQuick: boolean;
  /** Says nothing about the floors: left out when there is no gateway. */
  readonly needsGateway: boolean;
  /** Gives its tables as they are measured. */
  run(bench: Bench): AsyncIterable<Outcome>;
}
