/** What making a shard needs of its surroundings. */
export interface Io {
  /** The folder `template/`. */
  readonly templateDir: string;
  /** The repository we are in; undefined where we are an installed package, which makes projects of their own only. */
  readonly repository: string | undefined;
  /** The packed SDK that a project of its own takes along. */
  readonly sdk: string;
  readonly cwd: string;
  /** Whether there is somebody to ask. */
  readonly isTerminal: boolean;
  write(text: string): void;
  writeError(text: string): void;
  /** Runs a program to its end and returns its exit code. */
  run(command: string, args: readonly string[], cwd: string): number;
  readonly fetch: (url: string, init: { readonly signal: AbortSignal }) => Promise<Response>;
}

/** What the person can put right; the message says what is wrong, and what to do. */
export class UsageError extends Error {}
