import { learnedOptionsSchema, type UpstreamDefinition } from "../../upstreams/index.ts";
import { addressOf, type Standpoint } from "./address.ts";
import type { Container } from "./container.ts";
import { type Labels, readLabels } from "./labels.ts";

export interface Read {
  readonly definitions: readonly UpstreamDefinition[];
  readonly problems: readonly string[];
  /** Ids of all services that have a running container, also of those that are left out. */
  readonly services: ReadonlySet<string>;
}

interface Candidate {
  readonly container: Container;
  readonly labels: Labels;
}

/** Kinds whose endpoint is not found out by asking, with the usual path of it. */
const USUAL_PATH: Readonly<Record<string, string>> = { "mcp-http": "/mcp", sse: "/sse" };

/** What running containers define. Replicas of one service are one upstream: the first of them that is well. */
export function definitionsOf(containers: readonly Container[], standpoint: Standpoint): Read {
  const problems: string[] = [];
  const services = new Map<string, Candidate[]>();
  for (const container of containers) {
    const { labels, problems: found } = readLabels(container);
    problems.push(...found);
    if (labels === undefined) continue;
    const candidates = services.get(labels.id) ?? [];
    services.set(labels.id, candidates);
    candidates.push({ container, labels });
  }
  const definitions: UpstreamDefinition[] = [];
  for (const [id, candidates] of [...services].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const failures: string[] = [];
    for (const { container, labels } of candidates.toSorted(byPreference)) {
      try {
        definitions.push(define(id, container, labels, standpoint));
        failures.length = 0;
        break;
      } catch (error) {
        failures.push(`container ${container.name} is left out: ${(error as Error).message}`);
      }
    }
    problems.push(...failures);
  }
  return { definitions, problems, services: new Set(services.keys()) };
}

function byPreference(a: Candidate, b: Candidate): number {
  return (
    Number(a.container.isUnhealthy) - Number(b.container.isUnhealthy) ||
    a.labels.number - b.labels.number ||
    a.container.created - b.container.created
  );
}

/** @throws Error with what keeps it from being defined */
function define(id: string, container: Container, labels: Labels, standpoint: Standpoint): UpstreamDefinition {
  const { kind, scheme, headers, options } = labels;
  const path = labels.path ?? USUAL_PATH[kind] ?? "";
  if (kind === "shard" && labels.path !== undefined) {
    throw new Error("shardgate.path is for other kinds; a shard says itself where its endpoint is");
  }
  if (!/^https?$/.test(scheme)) throw new Error(`shardgate.scheme is ${JSON.stringify(scheme)}; write http or https`);
  if (path !== "" && !path.startsWith("/"))
    throw new Error(`shardgate.path is ${JSON.stringify(path)}; it begins with /`);
  const network = labels.network ?? standpoint.network;
  const address = addressOf(container, labels.port ?? onlyPort(container), { ...standpoint, network });
  const parsed = learnedOptionsSchema.safeParse({ ...options, kind, url: `${scheme}://${address}${path}`, headers });
  if (parsed.success) return { id, name: labels.name, options: parsed.data };
  const [issue] = parsed.error.issues;
  throw new Error(`its label shardgate.${issue?.path.join(".") || "kind"} cannot be used: ${issue?.message}`);
}

function onlyPort({ ports }: Container): number {
  const inside = new Set(ports.map((port) => port.inside));
  const [first, ...more] = inside;
  if (first !== undefined && more.length === 0) return first;
  const found =
    first === undefined ? "exposes no port" : `exposes the ports ${[...inside].toSorted((a, b) => a - b).join(", ")}`;
  throw new Error(`it ${found}; name the one to use with the label shardgate.port`);
}
