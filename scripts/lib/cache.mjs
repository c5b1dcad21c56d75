import { homedir } from "node:os";
import { join } from "node:path";

/** What is set up once for all clones of a machine. */
export const cache =
  process.env.SHARDGATE_CACHE || join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "shardgate");
