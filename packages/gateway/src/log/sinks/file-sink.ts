import { constants } from "node:fs";
import { access, mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import type { RotatingFileStream } from "rotating-file-stream";
import { LineBuffer } from "./line-buffer.ts";
import { BACKLOG_BYTES, LINGER_MS, type Sink } from "./sink.ts";

export interface FileSinkOptions {
  readonly path: string;
  /** Size at which a new file is begun, in bytes. */
  readonly maxBytes: number;
  /** Older files kept, as `<path>.1` (the youngest) and so on. */
  readonly keep: number;
  /** Told what is wrong with the file, once until it works again. */
  readonly onProblem: (message: string) => void;
}

/** A file that could not be written is tried again after this long, in milliseconds. */
const RETRY_MS = 10_000;

/**
 * Lines to a file that is rotated by size.
 *
 * @throws Error when it cannot be written at start, which a person should hear of at once
 */
export async function fileSink(options: FileSinkOptions): Promise<Sink> {
  const { path } = options;
  const folder = dirname(path);
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
  } catch (error) {
    throw new Error(`The log file ${path} cannot be written (${(error as NodeJS.ErrnoException).code})`, {
      cause: error,
    });
  }
  const { createStream } = await import("rotating-file-stream");
  let stream: RotatingFileStream | undefined;
  let retryAt = 0;

  function open(): RotatingFileStream | undefined {
    if (stream !== undefined || performance.now() < retryAt) return stream;
    const name = (index: number | Date | null): string =>
      typeof index === "number" && index > 0 ? `${path}.${index}` : path;
    const opened = createStream(name, { size: `${options.maxBytes}B`, rotate: options.keep });
    opened.on("error", (error: NodeJS.ErrnoException) => {
      if (stream !== opened) return;
      stream = undefined;
      retryAt = performance.now() + RETRY_MS;
      options.onProblem(
        `The log file ${path} cannot be written (${error.code ?? error.message}); lines are lost, the next try is in ${RETRY_MS / 1000} s`,
      );
      opened.destroy();
    });
    return (stream = opened);
  }

  const lines = new LineBuffer((chunk) => {
    const file = open();
    if (file !== undefined && file.writableLength < BACKLOG_BYTES) file.write(chunk);
  });
  setInterval(() => lines.flush(), LINGER_MS).unref();
  open();
  return {
    write: (line) => lines.write(line),
    flush() {
      lines.flush();
      return new Promise((resolve) => {
        if (stream === undefined) resolve();
        else stream.end(() => resolve());
        stream = undefined;
      });
    },
  };
}
