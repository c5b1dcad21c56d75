import { readForeignServer } from "./foreign-server.ts";
import { type ForeignFormat, isRecord } from "./format.ts";

/** VS Code's `mcp.json`: a mapping `servers`, with `inputs` that a person is asked for there and the environment here. */
export const vsCodeFormat: ForeignFormat = {
  name: "VS Code",
  matches: (root) => isRecord(root["servers"]),
  read(root, notes) {
    for (const key of Object.keys(root)) {
      if (!["servers", "inputs", "$schema"].includes(key)) notes.warn("unknown key, which is left out", [key], "key");
    }
    return Object.entries(root["servers"] as object).flatMap(
      ([name, value]) => readForeignServer(name, value, ["servers", name], notes) ?? [],
    );
  },
};
