import type { App } from "../app.ts";
import type { UpstreamDeps } from "../upstreams/upstream.ts";

/** A port that was opened. */
export interface Listening {
  readonly host: string;
  readonly port: number;
  /** Takes no new connections and closes the ones that are idle; resolves when none is left. */
  close(): Promise<void>;
  /** Cuts off what is left. */
  closeAll(): void;
}

/** Certificate and key for HTTPS, as PEM. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

/** What a command may touch of the world outside; made by `main.ts`, by hand in tests. */
export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly isTerminal: boolean;
  /** Our own process. */
  readonly pid: number;
  /** Calls `listener` at each SIGHUP from now on. */
  onHangup(listener: () => void): void;
  /** Aborts at the first SIGTERM or SIGINT; a second one ends the process at once. */
  readonly signal: AbortSignal;
  write(text: string): void;
  writeError(text: string): void;
  /** @throws Error with `code` ENOENT, EACCES … */
  readFile(path: string): Promise<string>;
  /** The same for bytes as they are. */
  writeBytes(bytes: Buffer): void;
  /** Standard input as it comes. */
  inputChunks(): AsyncIterable<Buffer>;
  /** Everything on standard input. */
  readInput(): Promise<string>;
  fetch(request: Request): Promise<Response>;
  readonly createSender: UpstreamDeps["createSender"];
  /** @throws Error with `code` EEXIST where there is a file of that name already */
  createFile(path: string, content: string): Promise<void>;
  /** @throws Error with `code` EADDRINUSE, EACCES … */
  listen(app: App, host: string, port: number, tls?: TlsFiles): Promise<Listening>;
}

/** Values of a command's options by their long name in camel case. */
export type OptionValues = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

export interface CommandOption {
  readonly flags: string;
  readonly description: string;
  /** True where it may be given several times; its value is then a list. */
  readonly isRepeatable?: boolean;
}

/** Something one can ask of the binary. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly CommandOption[];
  /** How help is asked for, where it is not `-h, --help`. */
  readonly helpFlags?: string;
  readonly arguments: readonly { readonly name: string; readonly description: string }[];
  /**
   * @returns the exit code: 0 done, 1 failed, 5 a tool that failed
   * @throws CommandError or SettingsError with what to tell the person
   */
  run(args: readonly string[], options: OptionValues, io: Io): Promise<number>;
}
