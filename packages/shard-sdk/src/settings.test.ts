import { describe, expect, it } from "vitest";
import * as z from "zod";
import { readSettings, SettingsError, withSecretFiles } from "./settings.ts";

const schema = z.object({
  API_URL: z.url().describe("address of the service"),
  API_TOKEN: z.string().min(8),
  RETRIES: z.coerce.number().int().default(3),
});

const problemsOf = (read: () => unknown): readonly string[] => {
  try {
    read();
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  throw new Error("no problems");
};

describe("readSettings", () => {
  it("reads what is named and nothing else; an empty variable is unset", () => {
    const env = { API_URL: "http://a", API_TOKEN: "secret-token", RETRIES: "", PATH: "/bin" };
    expect(readSettings(schema, env)).toEqual({ API_URL: "http://a", API_TOKEN: "secret-token", RETRIES: 3 });
  });

  it("names every problem at once, without the values", () => {
    const problems = problemsOf(() => readSettings(schema, { API_TOKEN: "hunter2", RETRIES: "many" }));
    expect(problems).toHaveLength(3);
    expect(problems[0]).toBe("API_URL: not set, and it has no default (address of the service)");
    expect(problems[1]).toMatch(/^API_TOKEN: Too small/);
    expect(problems[2]).toMatch(/^RETRIES: /);
    expect(problems.join()).not.toContain("hunter2");
  });
});

describe("withSecretFiles", () => {
  const files: Record<string, string> = { "/run/secrets/token": "from-the-file\n" };
  const read = (path: string): string => {
    if (files[path] === undefined) throw new Error("ENOENT: no such file");
    return files[path];
  };

  it("reads X from the file that X_FILE names, unless X is set", () => {
    const env = { API_TOKEN_FILE: "/run/secrets/token", OTHER_FILE: "/etc/passwd" };
    expect(withSecretFiles(schema, env, read)).toEqual({ ...env, API_TOKEN: "from-the-file" });
    expect(withSecretFiles(schema, { ...env, API_TOKEN: "set" }, read)["API_TOKEN"]).toBe("set");
    expect(withSecretFiles(schema, { ...env, API_TOKEN: "" }, read)["API_TOKEN"]).toBe("from-the-file");
  });

  it("names the files that cannot be read", () => {
    const env = { API_TOKEN_FILE: "/nowhere", API_URL_FILE: "/no" };
    expect(problemsOf(() => withSecretFiles(schema, env, read))).toEqual([
      "API_URL_FILE: cannot read /no: ENOENT: no such file",
      "API_TOKEN_FILE: cannot read /nowhere: ENOENT: no such file",
    ]);
  });
});
