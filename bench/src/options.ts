import { parseArgs } from "node:util";
import type { Effort, Scenario } from "./scenarios/scenario.ts";

export interface Options {
  readonly scenarios: readonly Scenario[];
  readonly effort: Effort;
  readonly check: boolean;
  readonly name: string;
}

const usual: Effort = {
  clients: [1, 16, 64],
  rounds: 9,
  firstWarmUp: 3000,
  warmUp: 300,
  duration: 1000,
  settling: 2000,
  starts: 10,
};
const quick: Effort = {
  clients: [16],
  rounds: 3,
  firstWarmUp: 1200,
  warmUp: 150,
  duration: 500,
  settling: 1000,
  starts: 3,
};

export function usage(all: readonly Scenario[]): string {
  const list = all.map(({ name, summary }) => `    ${name.padEnd(12)} ${summary}`).join("\n");
  return `npm run bench -- [options]

  --quick            less than a minute: 16 clients, short rounds, the scenarios that fit
  --only <names>     these scenarios, separated by commas
${list}
  --clients <list>   how many clients at a time (1,16,64)
  --rounds <n>       rounds in turn, the medians of which are reported (9)
  --seconds <s>      how long each measurement takes (1)
  --check            exit code 1 when a figure misses its target or was not measured
  --name <name>      the result goes to bench/results/<name>.json (the time)
`;
}

/** Reads the command line. Throws with a sentence for the person when it makes no sense. */
export function parseOptions(args: readonly string[], all: readonly Scenario[], now: Date): Options | "help" {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: "boolean", default: false },
      only: { type: "string" },
      clients: { type: "string" },
      rounds: { type: "string" },
      seconds: { type: "string" },
      check: { type: "boolean", default: false },
      name: { type: "string", default: now.toISOString().slice(0, 19).replaceAll(":", "-") },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return "help";
  const base = values.quick ? quick : usual;
  const effort: Effort = {
    ...base,
    ...(values.clients === undefined
      ? {}
      : { clients: values.clients.split(",").map((item) => count("--clients", item)) }),
    ...(values.rounds === undefined ? {} : { rounds: count("--rounds", values.rounds) }),
    ...(values.seconds === undefined ? {} : { duration: count("--seconds", values.seconds) * 1000 }),
  };
  const names = values.only?.split(",");
  const unknown = names?.find((name) => !all.some((scenario) => scenario.name === name));
  if (unknown !== undefined) throw new Error(`--only: there is no scenario "${unknown}". --help lists them.`);
  const scenarios = all.filter(({ name, isQuick }) => (names ? names.includes(name) : isQuick || !values.quick));
  return { scenarios, effort, check: values.check, name: values.name };
}

function count(option: string, value: string): number {
  const number = Number(value);
  if (!(number > 0)) throw new Error(`${option}: "${value}" is not a number above 0.`);
  return number;
}
