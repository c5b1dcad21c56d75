import { join } from "node:path";
import type { WrappedPackage } from "./wrapper.ts";

/** Installs into a virtual environment with uv. @returns path of the program */
export async function installUv(
  { specs, name, program, python }: WrappedPackage,
  folder: string,
  run: (command: string, args: readonly string[], cwd: string) => Promise<void>,
  uv: string,
): Promise<string> {
  const env = join(folder, "env");
  await run(
    uv,
    ["venv", "--quiet", "--no-project", ...(python === undefined ? [] : ["--python", python]), env],
    folder,
  );
  await run(uv, ["pip", "install", "--quiet", "--python", join(env, "bin", "python"), ...specs], folder);
  return join(env, "bin", program ?? name);
}
