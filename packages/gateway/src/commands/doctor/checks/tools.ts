import { QUALIFIED_NAME_LENGTH } from "@shardgate/contract";
import type { Tool } from "../../client/gateway-client.ts";
import type { Check, Finding } from "../finding.ts";

/** What more tools than so many mean (openwebui §4), the most first. */
const BUDGETS = [
  [128, "VS Code takes 128 in one request, Cursor warns from 80, and small models choose badly among more than 40"],
  [80, "Cursor warns from 80, and small models choose badly among more than 40"],
  [40, "small models choose badly among more than 40"],
] as const;
/** Names of a shape that means: cut, or made different from another, with a hash. */
const HASHED = /_[0-9a-f]{8}$/;
const SHOWN = 3;

export const tools: Check = {
  name: "tools",
  async run({ running }) {
    if (running === undefined)
      return [{ level: "ok", what: "names, counts and schemas are looked at where a gateway runs" }];
    const listed = running.tools;
    const findings: Finding[] = [];
    const budget = BUDGETS.find(([most]) => listed.length > most);
    if (budget !== undefined) {
      findings.push({
        level: "warning",
        what: `${listed.length} tools; ${budget[1]}`,
        remedy: "give an upstream `tools: { include: [...] }`, or connect a client to /servers/<name>/mcp",
      });
    }
    report(
      findings,
      listed.filter(({ name }) => name.length === QUALIFIED_NAME_LENGTH && HASHED.test(name)),
      {
        what: "have names that were cut, or that another tool has too",
        remedy: "give the upstream a shorter name, or the tool another one with `tools: { rename: … }`",
      },
    );
    report(
      findings,
      listed.filter(({ description = "" }) => description.trim() === ""),
      {
        what: "have no description, so a model can only guess what they do",
        remedy: "ask their authors for one, or leave them out with `tools: { exclude: [...] }`",
      },
    );
    report(
      findings,
      listed.filter(({ inputSchema }) => /"\$ref":"(?!#)/.test(JSON.stringify(inputSchema))),
      {
        what: "refer to schemas elsewhere ($ref), which no client fetches",
        remedy: "leave them out with `tools: { exclude: [...] }` until their server is mended",
      },
    );
    return findings.length > 0
      ? findings
      : [{ level: "ok", what: `${listed.length} tools, whose names and schemas every client takes` }];
  },
};

function report(
  findings: Finding[],
  concerned: readonly Tool[],
  { what, remedy }: { what: string; remedy: string },
): void {
  if (concerned.length === 0) return;
  const names = concerned.slice(0, SHOWN).map(({ name }) => name);
  const more = concerned.length > SHOWN ? ` and ${concerned.length - SHOWN} more` : "";
  findings.push({ level: "warning", what: `${names.join(", ")}${more} ${what}`, remedy });
}
