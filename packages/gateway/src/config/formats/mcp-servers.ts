import { readForeignServer } from "./foreign-server.ts";
import { type ForeignFormat, isRecord } from "./format.ts";

/**
 * `mcpServers`, as mcpo, Claude, Cursor, Cline, Windsurf, Gemini CLI and LobeChat write it: a mapping of names to servers. Other
 * keys beside it are settings of the program the file belongs to.
 */
export const mcpServersFormat: ForeignFormat = {
  name: "mcpServers",
  matches: (root) => root["mcpServers"] !== undefined,
  read(root, notes) {
    const servers = root["mcpServers"];
    if (!isRecord(servers)) {
      notes.error("must be a mapping of names to servers", ["mcpServers"]);
      return [];
    }
    return Object.entries(servers).flatMap(
      ([name, value]) => readForeignServer(name, value, ["mcpServers", name], notes) ?? [],
    );
  },
};
