import { memberOf, type ServerDescription } from "@shardgate/mcp-wire";
import type { Snapshot } from "./snapshot.ts";

/** Most characters of one upstream's instructions among all, and of all together. */
const MAX_EACH = 2_000;
const MAX_ALL = 16_000;

/** What it says of itself in place of what follows from its upstreams. */
export interface About {
  readonly title?: string;
  readonly instructions?: string | undefined;
}

/**
 * What the gateway says of itself where it stands for all upstreams: what any of them can do. While one was not reached
 * yet it may turn out to have anything, and a legacy client asks only once.
 */
export function describeAll({ upstreams }: Snapshot, version: string, about: About = {}): ServerDescription {
  const known = [...upstreams.values()].map(({ description }) => description);
  const declared = known.map((description) => Buffer.from(description?.capabilities ?? ANYTHING));
  const any = (capability: string): boolean => declared.some((one) => memberOf(one, capability) !== undefined);
  const capabilities = {
    tools: { listChanged: true },
    ...(any("prompts") && { prompts: { listChanged: true } }),
    ...(any("resources") && { resources: { subscribe: true, listChanged: true } }),
    ...(any("completions") && { completions: {} }),
    ...(any("logging") && { logging: {} }),
  };
  return {
    serverInfo: JSON.stringify({ name: "shardgate", title: about.title ?? "Shardgate", version }),
    capabilities: JSON.stringify(capabilities),
    instructions: about.instructions ?? joinInstructions(upstreams),
  };
}

const ANYTHING = JSON.stringify({ prompts: {}, resources: {}, completions: {}, logging: {} });

/** The words of each upstream under its name, cut where they are long: they end up in front of a model. */
function joinInstructions(upstreams: Snapshot["upstreams"]): string | undefined {
  const parts: string[] = [];
  let left = MAX_ALL;
  for (const [name, { description }] of upstreams) {
    const text = description?.instructions?.trim() ?? "";
    if (text === "") continue;
    const part = `# ${name}\n${text.length > MAX_EACH ? `${text.slice(0, MAX_EACH)}…` : text}`;
    if (part.length > left) break;
    left -= part.length;
    parts.push(part);
  }
  return parts.length === 0 ? undefined : parts.join("\n\n");
}
