import { toUpstreamName } from "@shardgate/contract";
import { commonDefinitionShape } from "../../upstreams/definition.ts";
import type { Container } from "./container.ts";

export const LABEL_PREFIX = "shardgate.";

/** Labels that would make the gateway run something: a container may say where it is, never what we execute. */
const COMMANDS = new Set(["command", "args", "cwd", "env"]);
/** Options that every kind has, which a label may set; whether we use it at all is `enable`. */
const OPTIONS = Object.keys(commonDefinitionShape).filter((key) => key !== "enabled");
const KNOWN = ["enable", "name", "port", "path", "kind", "scheme", "network", ...OPTIONS];
/** On our own images; says nothing to the gateway. */
const IGNORED = new Set(["stand-in"]);

/** What the labels of one container say. */
export interface Labels {
  readonly name: string;
  /** What is the same for all replicas and over restarts. */
  readonly id: string;
  /** Place among the replicas. */
  readonly number: number;
  readonly kind: string;
  readonly scheme: string;
  readonly port: number | undefined;
  readonly path: string | undefined;
  readonly network: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly options: Readonly<Record<string, unknown>>;
}

export interface ReadLabels {
  /** Undefined where the container is not to be used. */
  readonly labels: Labels | undefined;
  readonly problems: readonly string[];
}

const YES = /^(true|1|yes|on)$/i;
const NO = /^(false|0|no|off|)$/i;

export function readLabels({ name: container, labels: all }: Container): ReadLabels {
  const own = new Map<string, string>();
  for (const [key, value] of Object.entries(all)) {
    if (key.startsWith(LABEL_PREFIX)) own.set(key.slice(LABEL_PREFIX.length), value.trim());
  }
  const enable = own.get("enable") ?? "";
  if (NO.test(enable)) return { labels: undefined, problems: [] };
  const refuse = (problem: string): ReadLabels => ({
    labels: undefined,
    problems: [`container ${container} is left out: ${problem}`],
  });
  if (!YES.test(enable)) return refuse(`${LABEL_PREFIX}enable is ${JSON.stringify(enable)}; write true or false`);
  const command = [...own.keys()].find((key) => COMMANDS.has(key.split(".")[0] as string));
  if (command !== undefined || own.get("kind") === "stdio") {
    const what = command === undefined ? `${LABEL_PREFIX}kind=stdio` : `${LABEL_PREFIX}${command}`;
    return refuse(`its label ${what} names a command, and those come from the gateway's own file or environment only`);
  }
  const port = own.get("port");
  if (port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) > 0 && Number(port) < 65_536)) {
    return refuse(`${LABEL_PREFIX}port is ${JSON.stringify(port)}, which is no port`);
  }
  const path = own.get("path");
  const kind = own.get("kind") ?? (path === undefined ? "shard" : "mcp-http");
  const headers: Record<string, string> = {};
  const options: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const [key, value] of own) {
    if (key.startsWith("headers.")) headers[key.slice("headers.".length)] = value;
    else if (OPTIONS.includes(key.split(".")[0] as string)) setOption(options, key, value);
    else if (!KNOWN.includes(key) && !IGNORED.has(key)) {
      problems.push(
        `container ${container}: the label ${LABEL_PREFIX}${key} is unknown; there are ${KNOWN.join(", ")}, headers.<name>`,
      );
    }
  }
  const names = namesOf(container, all);
  return {
    labels: {
      ...names,
      name: toUpstreamName(own.get("name") || names.name),
      kind,
      scheme: own.get("scheme") ?? "http",
      port: port === undefined ? undefined : Number(port),
      path,
      network: own.get("network"),
      headers,
      options,
    },
    problems,
  };
}

/** Under what name and as which replica Compose or Swarm know it. */
function namesOf(container: string, labels: Readonly<Record<string, string>>): Pick<Labels, "name" | "id" | "number"> {
  const service = labels["com.docker.compose.service"];
  if (service !== undefined) {
    const number = Number(labels["com.docker.compose.container-number"] ?? 1);
    return { name: service, id: `compose:${labels["com.docker.compose.project"] ?? ""}/${service}`, number };
  }
  const swarm = labels["com.docker.swarm.service.name"];
  if (swarm === undefined) return { name: container, id: `container:${container}`, number: 1 };
  const stack = labels["com.docker.stack.namespace"];
  const short = stack !== undefined && swarm.startsWith(`${stack}_`) ? swarm.slice(stack.length + 1) : swarm;
  // A task is called service.number.id, or service.node.id where one runs on every node.
  const number = Number(/\.(\d+)\.[^.]+$/.exec(labels["com.docker.swarm.task.name"] ?? "")?.[1] ?? 1);
  return { name: short, id: `swarm:${swarm}`, number };
}

/** Sets `a.b` in the object `a`: a label is a string, and what looks like yes, no, a number or a list is meant as one. */
function setOption(options: Record<string, unknown>, key: string, value: string): void {
  const [first, ...more] = key.split(".") as [string, ...string[]];
  if (more.length === 0) {
    options[first] = /^(true|false)$/.test(value) ? value === "true" : value;
    return;
  }
  const inner = objectIn(options, first);
  const [name = "", ...deeper] = more;
  if (deeper.length > 0) objectIn(inner, name)[deeper.join(".")] = value;
  else if (name === "include" || name === "exclude") inner[name] = value.split(",").map((one) => one.trim());
  else inner[name] = /^\d+$/.test(value) ? Number(value) : value;
}

/** The object under a key; without a prototype, since the keys are somebody else's. */
function objectIn(parent: Record<string, unknown>, key: string): Record<string, unknown> {
  const known = parent[key];
  if (typeof known === "object" && known !== null) return known as Record<string, unknown>;
  const made = Object.create(null) as Record<string, unknown>;
  parent[key] = made;
  return made;
}
