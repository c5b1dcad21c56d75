import { glob, open, stat } from "node:fs/promises";
import type { FileContent } from "./variables.ts";

/** Largest file that is read, in bytes: a hundred times the largest sensible one. */
export const MAX_FILE_BYTES = 1024 * 1024;

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "does not exist",
  EACCES: "may not be read by us (EACCES); change its permissions",
  EISDIR: "is a folder",
  ELOOP: "is a symbolic link that leads to itself",
  ENOTFILE: "is no file",
};

/** Reads a text file of a sensible size; never waits for a pipe or a device. */
export async function readConfigFile(path: string): Promise<FileContent> {
  try {
    // Before it is opened: to open a pipe is to wait for its writer.
    const found = await stat(path);
    if (!found.isFile()) return refusal(found.isDirectory() ? "EISDIR" : "ENOTFILE");
    if (found.size > MAX_FILE_BYTES) {
      const size = `${(found.size / 1024 / 1024).toFixed(1)} MiB`;
      return { problem: `has ${size}; a configuration may have 1 MiB`, code: "EFBIG" };
    }
    await using file = await open(path, "r");
    // One byte more, to see that it grew meanwhile; whoever compares contents then finds another one next time.
    const bytes = Buffer.alloc(found.size + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read) {
      ({ bytesRead: read } = await file.read(bytes, length, bytes.length - length, length));
    }
    return { text: bytes.toString("utf8", 0, length) };
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    return refusal(code ?? message);
  }
}

function refusal(code: string): FileContent {
  return { problem: REASONS[code] ?? `cannot be read (${code})`, code };
}

/** Files whose path matches a pattern, in order; a hundred at most. */
export async function listConfigFiles(pattern: string): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const path of glob(pattern)) if (found.push(path) >= 100) break;
  return found.toSorted();
}
