import { randomBytes } from "node:crypto";
import { constants, type PathLike } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** The file system calls that a write takes; a test puts faults into them. */
export interface WriteFs {
  open(path: PathLike, flags: number, mode?: number): Promise<FileHandle>;
  rename(from: PathLike, to: PathLike): Promise<void>;
  unlink(path: PathLike): Promise<void>;
  readFile(path: PathLike): Promise<Buffer>;
}

/** What the names of temporary files look like: `.<file>.<random>.tmp`; Traefik skips that ending. */
export const TEMP_PATTERN = /^\..+\.[0-9a-f]{16}\.tmp$/;

/**
 * Replaces a file as a whole: a reader sees the old bytes or the new ones at any moment, also after a crash at any step.
 * A temporary file in the same folder is written, flushed and renamed over the file, then the folder is flushed.
 *
 * @throws the system's error (ENOSPC, EROFS, EIO, …); the old file is intact then, unless the new one is there whole
 */
export async function atomicWrite(fs: WriteFs, file: string, bytes: Uint8Array): Promise<void> {
  const folder = dirname(file);
  const temporary = join(folder, `.${basename(file)}.${randomBytes(8).toString("hex")}.tmp`);
  // A name nobody has yet and no link followed: what stands there already is not ours to write through.
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const handle = await fs.open(temporary, flags, 0o644);
  try {
    try {
      await handle.writeFile(bytes);
      // On NFS a full disk shows here or at close, not at the write.
      await handle.sync();
      const { size } = await handle.stat();
      if (size !== bytes.byteLength) throw new Error(`${size} of ${bytes.byteLength} bytes were written`);
    } finally {
      await handle.close();
    }
    await fs.rename(temporary, file);
  } catch (error) {
    await fs.unlink(temporary).catch(() => {});
    // A rename that NFS sends twice can fail the second time although the first one did it.
    if (!(await holds(fs, file, bytes))) throw error;
  }
  await syncFolder(fs, folder);
}

/** Makes the names in a folder durable. */
export async function syncFolder(fs: Pick<WriteFs, "open">, folder: string): Promise<void> {
  const handle = await fs.open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function holds(fs: WriteFs, file: string, bytes: Uint8Array): Promise<boolean> {
  const found = await fs.readFile(file).catch(() => undefined);
  return found !== undefined && Buffer.compare(found, bytes) === 0;
}
