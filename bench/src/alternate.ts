// Rounds in turn, so that whatever else the machine does meets every lane alike; the ratio is taken within each round.
import type { Target } from "./load/requests.ts";
import type { Load, LoadResult } from "./load/run-load.ts";
import { cpuTime } from "./proc.ts";
import type { Program } from "./programs.ts";
import type { Bench, Cell } from "./scenarios/scenario.ts";
import { median, numbersOf, rounded } from "./stats.ts";

/** One way for a call to go. */
export interface Lane {
  readonly name: string;
  readonly target: Target;
  /** Whose processor time a call costs; the direct way has nobody in between. */
  readonly through?: Program;
  readonly sessions?: number;
}

/** Medians over the rounds. Rates in calls per second, times in microseconds; ratios to the floor lane of the same round. */
export interface LaneResult {
  readonly name: string;
  readonly rate: number;
  readonly p50: number;
  readonly p99: number;
  readonly cpuPerCall?: number;
  readonly rateRatio?: number;
  readonly cpuRatio?: number;
  readonly errors: number;
  readonly firstError?: string;
}

interface Sample extends LoadResult {
  readonly rate: number;
  readonly cpuPerCall?: number;
}

export interface Alternation {
  readonly clients: number;
  /** Name of the lane to compare with. */
  readonly floor: string;
  /**
   * Straight ways to the upstreams, under load before any lane is. A process that is warmed up while the load and its upstream
   * are still cold keeps an advantage of a tenth over another one of the same program.
   */
  readonly straight?: readonly Target[];
}

/** Puts the same load on every lane in turn, `bench.effort.rounds` times. */
export async function alternate(
  bench: Bench,
  lanes: readonly Lane[],
  { clients, floor, straight = [] }: Alternation,
): Promise<readonly LaneResult[]> {
  const { rounds, firstWarmUp, warmUp, duration } = bench.effort;
  for (const target of straight) await bench.load.run({ target, clients, warmUp: firstWarmUp, duration: 1 });
  for (const lane of lanes) await sample(bench, lane, { clients, warmUp: firstWarmUp, duration: 1 });
  const samples = new Map<string, Sample[]>(lanes.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    // Another one begins each time: nobody always follows the same neighbour's garbage.
    const order = lanes.map((_, index) => lanes[(index + round) % lanes.length]!);
    for (const lane of order) samples.get(lane.name)!.push(await sample(bench, lane, { clients, warmUp, duration }));
  }
  return lanes.map(({ name }) => summarise(name, samples.get(name)!, name === floor ? undefined : samples.get(floor)));
}

async function sample(bench: Bench, lane: Lane, load: Omit<Load, "target">): Promise<Sample> {
  const { target, through, sessions } = lane;
  let cpuBefore: number | undefined;
  const result = await bench.load.run({ ...load, target, ...(sessions === undefined ? {} : { sessions }) }, () => {
    cpuBefore = through && cpuTime(through.pid);
  });
  const cpuAfter = through && cpuTime(through.pid);
  const rate = result.calls / result.seconds;
  const isKnown = cpuBefore !== undefined && cpuAfter !== undefined && result.calls > 0;
  return { ...result, rate, ...(isKnown ? { cpuPerCall: (cpuAfter! - cpuBefore!) / result.calls } : {}) };
}

function summarise(name: string, own: readonly Sample[], floor: readonly Sample[] | undefined): LaneResult {
  const middle = (of: (sample: Sample) => number): number => median(own.map(of));
  const cpu = own.map(({ cpuPerCall }) => cpuPerCall).filter((value) => value !== undefined);
  const floorCpu = (floor ?? []).map(({ cpuPerCall }) => cpuPerCall).filter((value) => value !== undefined);
  const firstError = own.find((one) => one.firstError !== undefined)?.firstError;
  return {
    name,
    rate: middle(({ rate }) => rate),
    p50: middle(({ p50 }) => p50),
    p99: middle(({ p99 }) => p99),
    errors: own.reduce((sum, { errors }) => sum + errors, 0),
    ...(cpu.length === own.length ? { cpuPerCall: median(cpu) } : {}),
    ...(floor ? { rateRatio: median(own.map(({ rate }, round) => rate / floor[round]!.rate)) } : {}),
    ...(floor && cpu.length > 0 && cpu.length === floorCpu.length
      ? { cpuRatio: median(cpu.map((value, round) => value / floorCpu[round]!)) }
      : {}),
    ...(firstError === undefined ? {} : { firstError }),
  };
}

/** A lane's row in a report. */
export function laneRow(result: LaneResult): Record<string, Cell> {
  return {
    way: result.name,
    "calls/s": Math.round(result.rate),
    "p50 ms": rounded(result.p50 / 1000, 2),
    "p99 ms": rounded(result.p99 / 1000, 2),
    "× floor": rounded(result.rateRatio, 2),
    "CPU µs/call": rounded(result.cpuPerCall, 0),
    "CPU × floor": rounded(result.cpuRatio, 2),
    errors: result.errors === 0 ? 0 : `${result.errors}: ${result.firstError}`,
  };
}

/** A lane's numbers under `<prefix>/<lane>/…`. */
export function laneFigures(prefix: string, results: readonly LaneResult[]): Record<string, number> {
  const entries = results.flatMap(({ name, ...values }) =>
    Object.entries(values).map(([key, value]) => [`${prefix}/${name}/${key}`, value] as const),
  );
  return numbersOf(entries);
}
