import { LRUCache } from "lru-cache";
import { createHash } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

const copySchema = z.object({
  url: z.string(),
  etag: z.string().optional(),
  /** When it was last seen to be current, in ms since the epoch. */
  fetchedAt: z.number(),
  kind: z.enum(["markdown", "html"]),
  title: z.string(),
  markdown: z.string(),
});

/** A page as it was fetched. */
export type PageCopy = z.output<typeof copySchema>;

export interface DocsCache {
  get(key: string): Promise<PageCopy | undefined>;
  put(key: string, copy: PageCopy): Promise<void>;
}

/**
 * Copies in memory (64 pages, 16 million characters) and, where there is a folder, on disk, so that a restart or a lost
 * connection does no harm. A disk that fails only costs the copy.
 */
export function createDocsCache(folder: string | undefined): DocsCache {
  const memory = new LRUCache<string, PageCopy>({
    max: 64,
    maxSize: 16_000_000,
    sizeCalculation: ({ markdown }) => markdown.length + 1,
  });
  const fileOf = (key: string) =>
    join(folder ?? "", `${createHash("sha256").update(key).digest("hex").slice(0, 32)}.json`);
  return {
    async get(key) {
      const found = memory.get(key);
      if (found !== undefined || folder === undefined) return found;
      try {
        const copy = copySchema.parse(JSON.parse(await readFile(fileOf(key), "utf8")));
        memory.set(key, copy);
        return copy;
      } catch {
        return undefined;
      }
    },
    async put(key, copy) {
      memory.set(key, copy);
      if (folder === undefined) return;
      try {
        await mkdir(folder, { recursive: true });
        const temporary = `${fileOf(key)}.tmp`;
        await writeFile(temporary, JSON.stringify(copy));
        await rename(temporary, fileOf(key));
      } catch {
        // The copy in memory serves until the next start.
      }
    },
  };
}
