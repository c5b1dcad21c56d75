import { copyFileSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { UsageError, type Io } from "./io.ts";

/** Where a project of its own keeps the SDK; its package.json names this file. */
const SDK = "vendor/shard-sdk.tgz";

/** Copies the packed SDK into the project. @throws UsageError when it was not packed */
export function takeSdkAlong(folder: string, { sdk }: Io): void {
  if (!existsSync(sdk)) throw new UsageError(`${sdk} is missing: run npm run new-shard, which packs the SDK first.`);
  mkdirSync(join(folder, "vendor"), { recursive: true });
  copyFileSync(sdk, join(folder, SDK));
}

/** Installs the dependencies, which writes the lockfile, formats, and begins a git repository. @returns exit code */
export function finishStandAlone(
  folder: string,
  { install, git }: { readonly install: boolean; readonly git: boolean },
  io: Io,
): number {
  const steps = [
    ...(install
      ? [
          ["npm", "install", "--no-fund", "--no-audit"],
          ["npm", "run", "format"],
        ]
      : []),
    ...(git ? [["git", "init", "--quiet"]] : []),
  ];
  for (const [command = "", ...args] of steps) {
    const code = io.run(command, args, folder);
    if (code === 0) continue;
    io.writeError(
      `\`${command} ${args.join(" ")}\` ended with ${code} in ${folder}; the files are there, so run it again by hand.\n`,
    );
    return 1;
  }
  return 0;
}
