import { isMap, isScalar, parseDocument, stringify, type Document } from "yaml";
import { UsageError } from "./io.ts";
import type { Names } from "./rename.ts";

/** The label by which the gateway's docker provider knows a shard. */
const SHARD_LABEL = "shardgate.enable";

interface Insertion {
  readonly at: number;
  readonly text: string;
}

/**
 * `compose.yaml` with a service for the new shard, and the shard among those that the gateway uses. Only adds text: comments, order and
 * spelling of the rest stay as they are.
 *
 * @throws UsageError when the file is no compose file, or has a service of that name
 */
export function withService(text: string, names: Names): string {
  const document = parseDocument(text, { merge: true });
  const [broken] = document.errors;
  if (broken !== undefined) throw new UsageError(`compose.yaml cannot be read: ${broken.message}`);
  const services = document.get("services");
  if (!isMap(services)) throw new UsageError("compose.yaml has no services; is it the house's?");
  if (services.has(names.name))
    throw new UsageError(`compose.yaml has a service ${names.name} already; take another name.`);
  const insertions = [service(text, document, names), listing(document, names)].filter((one) => one !== undefined);
  const changed = insertions
    .toSorted((a, b) => b.at - a.at)
    .reduce((done, { at, text: more }) => done.slice(0, at) + more + done.slice(at), text);
  const [wrong] = parseDocument(changed, { merge: true }).errors;
  if (wrong !== undefined) throw new Error(`compose.yaml would be broken by the new service: ${wrong.message}`);
  return changed;
}

/** Behind the last service that is a shard; else behind the last service. */
function service(text: string, document: Document, { name, port, variable, url }: Names): Insertion {
  const services = document.get("services");
  const pairs = isMap(services) ? services.items : [];
  const shards = pairs.filter(({ value }) => isMap(value) && value.hasIn(["labels", SHARD_LABEL]));
  const last = (shards.at(-1) ?? pairs.at(-1))?.value;
  const end = isMap(last) ? (last.range?.[1] ?? text.length) : text.length;
  const locked = /^x-\w+: &locked$/m.test(text) ? { "<<": "*locked" } : {};
  const body = {
    [name]: {
      ...locked,
      image: `\${${variable}_IMAGE:-shardgate/${name}:local}`,
      build: { context: ".", args: { PACKAGE: `shards/${name}`, PORT: port } },
      environment: {
        [`${variable}_URL`]: `\${${variable}_URL:-${url}}`,
        [`${variable}_TOKEN`]: `\${${variable}_TOKEN:-}`,
        LOG_LEVEL: "${LOG_LEVEL:-info}",
      },
      networks: ["shards", "lan"],
      labels: { [SHARD_LABEL]: "true", "shardgate.port": String(port) },
    },
  };
  const written = stringify(body, { lineWidth: 0 })
    // An alias is no text.
    .replace('"*locked"', "*locked")
    .replace(/^(?=.)/gm, "  ");
  // What follows the last shard, up to the next service, may be comments of that one.
  const at = text.slice(0, end).trimEnd().length;
  return { at, text: `\n\n${written.trimEnd()}` };
}

/** The addresses in `SHARDS: ${SHARDS:-…}` of the gateway get one more. */
function listing(document: Document, { name, port }: Names): Insertion | undefined {
  const shards = document.getIn(["services", "gateway", "environment", "SHARDS"], true);
  if (!isScalar(shards) || !shards.range || !/^\$\{SHARDS:-.*\}$/.test(String(shards.value))) return undefined;
  const isQuoted = shards.type !== "PLAIN";
  return { at: shards.range[1] - (isQuoted ? 2 : 1), text: `,http://${name}:${port}` };
}
