import { readForeignServer } from "./foreign-server.ts";
import { type ForeignFormat, isRecord } from "./format.ts";

/** MCProxy's file: a list `servers`, each with its name. */
export const mcproxyFormat: ForeignFormat = {
  name: "MCProxy",
  matches: (root) => Array.isArray(root["servers"]),
  read(root, notes) {
    for (const key of Object.keys(root)) {
      if (key !== "servers") notes.warn("unknown key, which is left out", [key], "key");
    }
    return (root["servers"] as unknown[]).flatMap((value, index) => {
      const path = ["servers", index];
      const name = isRecord(value) ? value["name"] : undefined;
      if (typeof name === "string" && name !== "") return readForeignServer(name, value, path, notes) ?? [];
      notes.error("has no name", path);
      return [];
    });
  },
};
