// `npm run bench`: measures, prints Markdown, keeps the figures in bench/results/. bench/README.md explains the method.
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { parseOptions, usage, type Options } from "./options.ts";
import { bundleForwarders, createStage, hasGateway, startLoadGenerator } from "./programs.ts";
import { outcomeText, verdictText } from "./report.ts";
import { scenarios } from "./scenarios/index.ts";
import type { Outcome } from "./scenarios/scenario.ts";
import { judge } from "./targets.ts";

async function measure({ scenarios: chosen, effort }: Options): Promise<readonly Outcome[]> {
  bundleForwarders();
  const load = startLoadGenerator();
  const bench = { effort, load, hasGateway: hasGateway(), say: (line: string) => console.error(`… ${line}`) };
  if (!bench.hasGateway) console.log("The gateway is not built: only the ways around it are measured.\n");
  const outcomes: Outcome[] = [];
  for (const scenario of chosen) {
    if (scenario.needsGateway && !bench.hasGateway) continue;
    const stage = createStage();
    for await (const outcome of scenario.run({ ...bench, stage })) {
      console.log(outcomeText(outcome));
      outcomes.push(outcome);
    }
    await stage.clear();
  }
  await load.stop();
  return outcomes;
}

async function main(args: readonly string[]): Promise<number> {
  const options = parseOptions(args, scenarios, new Date());
  if (options === "help") {
    console.log(usage(scenarios));
    return 0;
  }
  const machine = { node: process.version, processors: cpus().length, model: cpus()[0]?.model };
  console.log(`Node ${machine.node}, ${machine.processors} × ${machine.model}\n`);
  const outcomes = await measure(options);
  const figures = Object.assign({}, ...outcomes.map((outcome) => outcome.figures)) as Record<string, number>;
  const verdicts = judge(figures).filter(({ value }) => options.check || value !== undefined);
  if (verdicts.length > 0) console.log(verdictText(verdicts));
  const results = fileURLToPath(new URL("../results/", import.meta.url));
  mkdirSync(results, { recursive: true });
  const { effort, name } = options;
  writeFileSync(
    `${results}${name}.json`,
    JSON.stringify({ at: new Date(), machine, effort, outcomes, verdicts }, null, 2),
  );
  console.log(`bench/results/${name}.json`);
  return options.check && verdicts.some(({ isReached }) => !isReached) ? 1 : 0;
}

// By exit, not by running out: the children of a bench that failed half-way end with the channel to us.
process.exit(
  await main(process.argv.slice(2)).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    return 2;
  }),
);
