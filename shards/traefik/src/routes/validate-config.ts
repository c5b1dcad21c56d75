import { ToolError } from "@shardgate/shard-sdk";
import {
  buildRuntime,
  createMerger,
  formatOf,
  readDynamicFile,
  type Decoded,
  type Elsewhere,
  type EntryPoints,
  type Finding,
} from "@shardgate/traefik-sim/config";
import { z } from "zod";
import type { Running } from "../client/api-types.ts";
import type { Deps } from "../deps.ts";
import { normalRule } from "./conflicts.ts";
import { baseOf, routerName } from "./names.ts";
import { silentFaults } from "./silent-faults.ts";

const MAX_YAML = 1_000_000;

export const validateInputSchema = z.object({
  yaml: z
    .string()
    .optional()
    .describe("A dynamic configuration file as YAML text, to be checked before somebody saves it."),
  name: z.string().max(80).optional().describe("Instead of yaml: a route of ours, whose file is checked."),
  scope: z
    .enum(["managed", "all"])
    .optional()
    .describe("Instead of yaml: managed checks all our files, all checks every file of Traefik's directory."),
});

const severities = ["fatal_for_all_files", "disables_this_route", "silently_ignored", "warning"] as const;

export const validateOutputSchema = z.object({
  simulated: z.boolean().describe("true: there is no real Traefik."),
  ok: z.boolean().describe("Whether Traefik would load it and no route would be off."),
  verdict: z
    .enum(["fine", "warnings", "data_lost", "route_disabled", "freezes_all"])
    .describe("freezes_all: Traefik would load no file of its directory any more."),
  checked: z.array(z.string()).describe("What was checked."),
  against_traefik: z
    .boolean()
    .describe("false: Traefik does not answer, so references and entrypoints were not checked."),
  findings: z.array(
    z.object({
      severity: z.enum(severities),
      file: z.string().optional(),
      path: z.string(),
      line: z.number().optional(),
      column: z.number().optional(),
      message: z.string(),
      fix: z.string().optional(),
    }),
  ),
  next_step: z.string(),
});

export type ValidateResult = z.output<typeof validateOutputSchema>;
type FileFinding = Finding & { readonly file?: string };

/** A file to check, in Traefik's order. */
interface Source {
  readonly file: string | undefined;
  readonly bytes: Uint8Array;
}

/** Checks configuration by Traefik's own rules; Traefik itself offers no dry run. */
export async function validateConfig(
  deps: Deps,
  input: z.output<typeof validateInputSchema>,
  signal?: AbortSignal,
): Promise<ValidateResult> {
  const sources = await sourcesOf(deps, input);
  const running = await deps.client.running(signal).catch((error: unknown) => {
    if (error instanceof ToolError) return undefined;
    throw error;
  });
  const findings: FileFinding[] = [];
  const merger = createMerger();
  const readable: { readonly file: string | undefined; readonly config: Decoded }[] = [];
  for (const { file, bytes } of sources) {
    const label = file === undefined ? {} : { file };
    const read = readDynamicFile(bytes, formatOf(file ?? ""));
    findings.push(...read.findings.map((finding) => ({ ...foreignTemplate(finding, input), ...label })));
    if (read.config === undefined) continue;
    readable.push({ file, config: read.config });
    findings.push(...silentFaults(read.config).map((finding) => ({ ...finding, ...label })));
    for (const name of merger.add(read.config)) {
      findings.push({
        severity: "silently_ignored",
        path: name.replaceAll(" ", "."),
        ...label,
        message: `${name} is defined in an earlier file too, which wins`,
        fix: "Rename it or remove one of them.",
      });
    }
  }
  if (running !== undefined) findings.push(...againstTraefik(merger.config, running, input.yaml !== undefined));
  const sorted = findings.toSorted((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity));
  const verdict = verdictOf(sorted);
  return {
    simulated: deps.simulated,
    ok: verdict !== "freezes_all" && verdict !== "route_disabled",
    verdict,
    checked: sources.map(({ file }) => file ?? "the given YAML"),
    against_traefik: running !== undefined,
    findings: sorted.slice(0, 100).map((finding) => ({ ...finding })),
    next_step: nextStep(verdict, sorted),
  };
}

async function sourcesOf(
  { store, settings }: Deps,
  { yaml, name, scope }: z.output<typeof validateInputSchema>,
): Promise<readonly Source[]> {
  if ([yaml, name, scope].filter((one) => one !== undefined).length !== 1) {
    throw new ToolError("Give exactly one of `yaml`, `name` and `scope`.", {
      next: 'To check everything Traefik loads, give scope: "all".',
    });
  }
  if (yaml !== undefined) {
    if (yaml.length > MAX_YAML)
      throw new ToolError(`\`yaml\` has ${yaml.length} characters; ${MAX_YAML} are the most.`, {
        next: "Check it in parts.",
      });
    return [{ file: undefined, bytes: Buffer.from(yaml) }];
  }
  const own = (await store.list()).map(({ path, text }) => ({ file: path, bytes: Buffer.from(text) }));
  if (name !== undefined) {
    const router = routerName(name, settings.NAME_PREFIX);
    const file = await store.read(router);
    if (file === undefined)
      throw new ToolError(`There is no file of ours for ${router}.`, {
        next: "list_routes with managed_only shows those that exist.",
      });
    return [{ file: file.path, bytes: Buffer.from(file.text) }];
  }
  if (scope === "managed") return own;
  const foreign = await store.foreign();
  if (foreign === undefined)
    throw new ToolError("Traefik's directory cannot be read from here, only our own folder.", {
      next: 'Give scope: "managed", or mount the whole directory into this shard.',
    });
  return [...own, ...foreign.map(({ path, bytes }) => ({ file: path, bytes }))].toSorted((a, b) =>
    walkOrder(a.file, b.file),
  );
}

/** The order in which Traefik reads files: by the bytes of each part of the path. */
function walkOrder(a: string, b: string): number {
  const [left, right] = [a.split("/"), b.split("/")];
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    const compared = Buffer.compare(Buffer.from(left[index] as string), Buffer.from(right[index] as string));
    if (compared !== 0) return compared;
  }
  return left.length - right.length;
}

/** In a file that is in use already, a template may well be meant. */
function foreignTemplate(finding: Finding, { scope }: z.output<typeof validateInputSchema>): Finding {
  if (scope !== "all" || !finding.message.includes("Go template that Traefik runs")) return finding;
  return {
    ...finding,
    severity: "warning",
    message: "a Go template: what it gives is not known here, so this file was not checked any further",
  };
}

/** What Traefik would say of routers, given the entrypoints it has and the parts others bring. */
function againstTraefik(config: Parameters<typeof buildRuntime>[0], running: Running, isText: boolean): FileFinding[] {
  const entryPoints: EntryPoints = Object.fromEntries(
    running.entryPoints.map(({ name, address, asDefault }) => [name, { address, ...(asDefault && { asDefault }) }]),
  );
  // What others say they would save is a file; what is ours comes from our provider.
  const provider = isText ? "file" : running.provider;
  const runtime = buildRuntime(config, entryPoints, elsewhereOf(running), provider);
  const findings: FileFinding[] = [];
  for (const protocol of ["http", "tcp", "udp"] as const) {
    for (const [name, router] of runtime[protocol].routers) {
      if (name.endsWith("@internal")) continue;
      const path = `${protocol}.routers.${baseOf(name)}`;
      for (const message of router.error) {
        findings.push({ severity: router.status === "disabled" ? "disables_this_route" : "warning", path, message });
      }
      if (protocol !== "http" || !isText) continue;
      const known = running.http.routers;
      if (known[name] !== undefined)
        findings.push({
          severity: "warning",
          path,
          message: `Traefik runs a router ${name} already: the file that comes first in its order wins`,
          fix: "Choose another name unless this replaces that file.",
        });
      const rule = normalRule(String(router.config["rule"] ?? ""), "http");
      const rivals = Object.entries(known).filter(
        ([other, rival]) =>
          other !== name &&
          normalRule(rival.rule, "http") === rule &&
          rival.using.some((entryPoint) => router.using.includes(entryPoint)),
      );
      for (const [other] of rivals)
        findings.push({
          severity: "warning",
          path,
          message: `${other} has the same rule on the same entrypoint; without different priorities chance decides`,
          fix: "Change the rule or give a priority.",
        });
    }
  }
  return findings;
}

function elsewhereOf(running: Running): Elsewhere {
  const names = (items: Readonly<Record<string, unknown>>) => new Set(Object.keys(items));
  return {
    httpServices: names(running.http.services),
    httpMiddlewares: names(running.http.middlewares),
    tcpServices: names(running.tcp.services),
    tcpMiddlewares: names(running.tcp.middlewares),
    udpServices: names(running.udp.services),
  };
}

function verdictOf(findings: readonly Finding[]): ValidateResult["verdict"] {
  const worst = severities.find((severity) => findings.some((finding) => finding.severity === severity));
  if (worst === undefined) return "fine";
  return (
    {
      fatal_for_all_files: "freezes_all",
      disables_this_route: "route_disabled",
      silently_ignored: "data_lost",
      warning: "warnings",
    } as const
  )[worst];
}

function nextStep(verdict: ValidateResult["verdict"], findings: readonly Finding[]): string {
  if (verdict === "fine") return "Traefik would take this as it is.";
  const fix = findings.find((finding) => finding.fix !== undefined)?.fix;
  const said = {
    freezes_all: "Do not save this: Traefik would load no file at all any more.",
    route_disabled: "A route would be off.",
    data_lost: "Traefik would silently drop parts of this.",
    warnings: "It works; look at the warnings.",
  }[verdict];
  return fix === undefined ? said : `${said} ${fix}`;
}
