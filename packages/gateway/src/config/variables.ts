import { dirname, join, resolve as resolvePath } from "node:path";
import { parseEnv } from "node:util";
import type { Resolve, Resolved } from "./interpolate.ts";

/** A file as it is: its text, or why there is none. */
export type FileContent = { readonly text: string } | { readonly problem: string; readonly code?: string };

/** Gives a file by its absolute path. */
export type GetFile = (path: string) => FileContent;

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where Docker and Compose put secrets. */
const SECRETS = "/run/secrets";

/**
 * The values a file may refer to: the environment, then the `.env` beside the file; `NAME_FILE` where only that is set, as
 * images of Docker do; files. What the environment says goes before what a file says.
 */
export function variablesOf(file: string, env: Environment, getFile: GetFile): Resolve {
  const folder = dirname(file);
  const dotenv = readEnvFile(join(folder, ".env"), getFile);

  function variable(name: string): Resolved {
    const text = env[name] ?? dotenv[name];
    if (text !== undefined) return { text };
    const path = env[`${name}_FILE`] ?? dotenv[`${name}_FILE`];
    return path === undefined ? { problem: `the environment variable ${name} is not set` } : fileText(path);
  }

  function fileText(path: string): Resolved {
    const content = getFile(resolvePath(folder, path.replace(/^~(?=\/)/, env["HOME"] ?? "~")));
    // The newline at the end is the editor's, not the secret's.
    return "text" in content ? { text: content.text.replace(/\r?\n$/, "") } : { problem: `${path} ${content.problem}` };
  }

  function input(id: string): Resolved {
    const name = id.toUpperCase().replace(/[^A-Z0-9]+/g, "_");
    const found = variable(name);
    if ("text" in found) return found;
    return { problem: `VS Code asks a person for ${id}; here, set the environment variable ${name}` };
  }

  return (name) => {
    const colon = name.indexOf(":");
    const rest = name.slice(colon + 1);
    switch (colon < 0 ? "" : name.slice(0, colon)) {
      case "file":
        return fileText(rest);
      case "secret":
        return fileText(join(SECRETS, rest));
      case "env":
        return variable(rest);
      case "input":
        return input(rest);
      default:
        if (name === "workspaceFolder") return { text: folder.replace(/\/\.vscode$/, "") };
        return name === "userHome" ? variable("HOME") : variable(name);
    }
  };
}

/** The variables of an env file; none where there is no such file. */
export function readEnvFile(path: string, getFile: GetFile): Environment {
  const content = getFile(path);
  return "text" in content ? parseEnv(content.text) : {};
}
