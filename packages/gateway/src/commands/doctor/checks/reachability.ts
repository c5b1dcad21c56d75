import { probeUpstream } from "../../probe-upstream.ts";
import type { Check, Finding } from "../finding.ts";

const REMEDY = "see that it runs and that its url, headers and tls are right; `shardgate check --connect` tries again";

export const reachability: Check = {
  name: "upstreams",
  async run({ io, loaded, running }) {
    if (running !== undefined) {
      return running.status.upstreams.map(({ name, state, tools, error }): Finding => {
        if (state === "up" || state === "idle") {
          return { level: "ok", what: `${name} is ${state} with ${tools} tools` };
        }
        return { level: "error", what: `${name} is ${state}: ${error ?? "not reached yet"}`, remedy: REMEDY };
      });
    }
    const enabled = (loaded?.config?.upstreams ?? []).filter(({ options }) => options.enabled);
    const probes = await Promise.all(enabled.map((definition) => probeUpstream(definition, io)));
    return probes.map(({ name, tools, error }): Finding =>
      error === undefined
        ? { level: "ok", what: `${name} answers and has ${tools} tools` }
        : { level: "error", what: `${name}: ${error}`, remedy: REMEDY },
    );
  },
};
