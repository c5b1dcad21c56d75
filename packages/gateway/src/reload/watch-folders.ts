import { type FSWatcher, watch } from "node:fs";
import { readlink, realpath, stat } from "node:fs/promises";
import { basename, dirname, join, resolve as resolvePath } from "node:path";

/** Tells that something happened in one of some folders. */
export interface FolderWatch {
  /** From now on these files are what matters. */
  follow(paths: readonly string[]): Promise<void>;
  close(): void;
}

/** Most folders that are watched; what is beyond is found by comparing. */
const MAX_FOLDERS = 64;
const MAX_LINKS = 8;

/**
 * Watches the folders of files, and those of what symbolic links on their way lead to. Folders, because a watch on a file
 * misses every replacement of it after the first, and those of a link altogether.
 *
 * @param onProblem told why a folder cannot be watched, once
 */
export function watchFolders(onEvent: () => void, onProblem: (message: string) => void): FolderWatch {
  const watchers = new Map<string, FSWatcher>();
  /** What each watched folder was: one that was replaced by another of its name is watched anew. */
  const inodes = new Map<string, number>();
  let closed = false;
  let told = false;

  function open(folder: string): void {
    const fail = (error: Error): void => {
      watchers.get(folder)?.close();
      watchers.delete(folder);
      if (!told) onProblem(`${folder} cannot be watched (${error.message})`);
      told = true;
    };
    try {
      watchers.set(folder, watch(folder, { persistent: false }, onEvent).on("error", fail));
    } catch (error) {
      // A folder that is not there yet is found when its files are compared.
      if ((error as { code?: string }).code !== "ENOENT") fail(error as Error);
    }
  }

  return {
    async follow(paths) {
      const folders = new Set<string>();
      for (const path of paths) for (const folder of await foldersOf(path)) folders.add(folder);
      const now = new Map<string, number>();
      for (const folder of folders) {
        const found = await stat(folder).catch(() => undefined);
        if (found !== undefined) now.set(folder, found.ino);
      }
      if (closed) return;
      for (const [folder, watcher] of watchers) {
        if (now.get(folder) === inodes.get(folder)) continue;
        watcher.close();
        watchers.delete(folder);
      }
      inodes.clear();
      for (const [folder, inode] of now) inodes.set(folder, inode);
      for (const folder of [...now.keys()].slice(0, MAX_FOLDERS)) if (!watchers.has(folder)) open(folder);
    },
    close() {
      closed = true;
      for (const watcher of watchers.values()) watcher.close();
      watchers.clear();
    },
  };
}

/** The folder of a file, and of each file that links from there lead to. */
async function foldersOf(path: string): Promise<string[]> {
  const folders: string[] = [];
  let current = path;
  for (let links = 0; links < MAX_LINKS; links++) {
    folders.push(dirname(current));
    try {
      current = resolvePath(dirname(current), await readlink(current));
    } catch {
      // No link, or nothing there: its folder is enough.
      break;
    }
  }
  try {
    const real = await realpath(dirname(current));
    folders.push(real, dirname(real), dirname(join(real, basename(current))));
  } catch {
    // The folder is not there; the one above says when it is.
    folders.push(dirname(dirname(path)));
  }
  return [...new Set(folders)];
}
