import type { Cancellation } from "@shardgate/mcp-wire";
import type { Children } from "../children.ts";
import { type Program, ProcessGroup } from "../process-group.ts";

/** How long an installation may take, in milliseconds. */
const INSTALL_MS = 5 * 60_000;
const KEPT_CHARS = 2_000;

/** Runs a program to its end. @throws Error with its last words where it fails, takes too long or is cancelled */
export async function runTool(program: Program, children: Children, cancellation: Cancellation): Promise<void> {
  let said = "";
  const keep = (chunk: Buffer): void => void (said = (said + chunk.toString()).slice(-KEPT_CHARS));
  const ended = Promise.withResolvers<string>();
  const group = new ProcessGroup(program, { onOutput: keep, onErrorOutput: keep, onExit: ended.resolve });
  children.add(group);
  const timer = setTimeout(() => ended.resolve(`it took longer than ${INSTALL_MS / 60_000} minutes`), INSTALL_MS);
  cancellation.onCancel((reason) => ended.resolve(reason.message));
  try {
    const how = await ended.promise;
    if (how !== "it ended with exit code 0") throw new Error(`${program.command}: ${how}: ${lastLines(said)}`);
  } finally {
    clearTimeout(timer);
    await group.stop({ eofMs: 0, termMs: 2_000 });
    children.remove(group);
  }
}

function lastLines(said: string): string {
  return said.trim().split("\n").slice(-3).join(" ").slice(-300);
}
