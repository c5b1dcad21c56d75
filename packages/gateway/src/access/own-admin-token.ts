import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

const PATTERN = /^[\w-]{43}$/;

/** Where the token of a gateway lies that was given none. */
const pathIn = (stateDir: string): string => join(stateDir, "admin-token");

/**
 * The admin token of a gateway that was given none: made once and kept in `STATE_DIR`, so that whoever may read the
 * gateway's own files may administer it, and nobody else.
 *
 * @throws Error where it can neither be read nor written
 */
export async function ownAdminToken(stateDir: string): Promise<string> {
  const known = await readOwnAdminToken(stateDir);
  if (known !== undefined) return known;
  const token = randomBytes(32).toString("base64url");
  await mkdir(stateDir, { recursive: true, mode: 0o700 });
  try {
    await writeFile(pathIn(stateDir), token, { flag: "wx", mode: 0o600 });
    return token;
  } catch (error) {
    // Two gateways of one folder that start at once have one.
    const made = (error as { code?: string }).code === "EEXIST" ? await readOwnAdminToken(stateDir) : undefined;
    if (made !== undefined) return made;
    throw error;
  }
}

/** The same for a command beside the gateway; undefined where there is none that can be read. */
export async function readOwnAdminToken(stateDir: string): Promise<string | undefined> {
  const text = await readFile(pathIn(stateDir), "utf8").catch(() => "");
  return PATTERN.test(text.trim()) ? text.trim() : undefined;
}
