import { createHash } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";

const credentialsSchema = z.object({
  format: z.literal(1),
  /** What the authorization server knows us by. */
  client: z.looseObject({ client_id: z.string() }),
  /** Which authorization server it is, and where its endpoints are. */
  discovery: z.looseObject({ authorizationServerUrl: z.string() }),
  tokens: z.looseObject({
    access_token: z.string(),
    token_type: z.string(),
    refresh_token: z
      .string()
      .optional()
      .transform((text) => text),
  }),
  /** When the access token ends, in milliseconds since 1970; undefined where nobody said. */
  expiresAt: z
    .number()
    .optional()
    .transform((ms) => ms),
  /** When a person signed in, ISO 8601. */
  signedInAt: z.string(),
});

/** All that is needed to speak to an upstream in the name of the person who signed in. Secret. */
export type Credentials = z.output<typeof credentialsSchema>;

/** Where credentials stay while the gateway runs and, for those of files, longer. */
export interface CredentialStore {
  /** @returns undefined where nothing is kept that can be read */
  read(): Promise<Credentials | undefined>;
  /** @throws Error where they cannot be kept */
  write(credentials: Credentials | undefined): Promise<void>;
}

/** Nowhere: they are gone with the gateway. */
export const NO_STORE: CredentialStore = {
  read: () => Promise.resolve(undefined),
  write: () => Promise.resolve(),
};

/**
 * One file for each upstream, which nobody else may read, replaced as a whole.
 *
 * @param identity what the credentials belong to; the same words, the same file
 */
export function fileStore(stateDir: string, identity: readonly string[]): CredentialStore {
  const folder = join(stateDir, "sign-ins");
  const name = createHash("sha256").update(JSON.stringify(identity)).digest("hex").slice(0, 24);
  const path = join(folder, `${name}.json`);
  return {
    async read() {
      try {
        return credentialsSchema.parse(JSON.parse(await readFile(path, "utf8")));
      } catch {
        // Not there, or of another version: a person signs in again.
        return undefined;
      }
    },
    async write(credentials) {
      if (credentials === undefined) return await rm(path, { force: true });
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await writeFile(`${path}.new`, JSON.stringify(credentials), { mode: 0o600 });
      await rename(`${path}.new`, path);
    },
  };
}
