import { summarize } from "../../../config/diagnostics.ts";
import type { Check } from "../finding.ts";

export const configuration: Check = {
  name: "configuration",
  async run({ loaded }) {
    if (loaded === undefined) {
      const remedy = "name it with --config or GATEWAY_CONFIG, or set SHARDS=http://host:port,…";
      return [{ level: "warning", what: "no configuration file is named", remedy }];
    }
    const problems = loaded.diagnostics.map((one) => ({
      level: one.severity,
      what: summarize(one),
      remedy: "correct it; `shardgate check` shows the line",
    }));
    const renamed = (loaded.config?.upstreams ?? []).flatMap(({ name, original }) =>
      original === undefined
        ? []
        : [{ level: "ok" as const, what: `${original} is called ${name} here: its tools begin with ${name}__` }],
    );
    const fine = {
      level: "ok" as const,
      what: `${loaded.config?.upstreams.length ?? 0} upstreams in ${loaded.files.join(", ")}`,
    };
    return [...(problems.length === 0 ? [fine] : problems), ...renamed];
  },
};
