import { ToolError } from "@shardgate/shard-sdk";
import { utimes } from "node:fs/promises";

/**
 * Makes Traefik load its files: it watches the directory above, where new times of this folder are an event, while
 * writes within the folder are none (traefik/traefik#13557).
 *
 * The times are set to "now" by the system itself, which takes write permission only; times of our own would take
 * ownership of the folder.
 *
 * @throws ToolError when the folder's times may not be set
 */
export async function poke(folder: string, setTimes: typeof utimes = utimes): Promise<void> {
  try {
    // libuv 1.51 and later maps infinity to UTIME_NOW.
    await setTimes(folder, "Infinity", "Infinity");
  } catch (error) {
    throw new ToolError(
      `The route files are written, but Traefik cannot be told: setting the times of ${folder} failed (${(error as Error).message}).`,
      {
        next: `Give this shard's user write permission on ${folder}, or own it (chown); then call the tool again.`,
        cause: error,
      },
    );
  }
}
