import sonicBoom from "sonic-boom";
import { LineBuffer } from "./line-buffer.ts";
import { BACKLOG_BYTES, LINGER_MS, type Sink } from "./sink.ts";

/** Lines to a file descriptor, as they are or as a person at a terminal wants them. */
export async function outputSink(fd: number, format: "json" | "pretty"): Promise<Sink> {
  return format === "pretty" ? await prettySink(fd) : jsonSink(fd);
}

function jsonSink(fd: number): Sink {
  const output = new sonicBoom.SonicBoom({
    fd,
    minLength: 1,
    maxLength: BACKLOG_BYTES,
    sync: false,
    contentMode: "buffer",
  });
  let isGone = false;
  // There is nowhere else to say so. Where nobody reads it any more that stays so; on a full disk the next lines may have room.
  output.on("error", ({ code }: NodeJS.ErrnoException) => (isGone = code === "EPIPE"));
  const lines = new LineBuffer((chunk) => {
    if (!isGone) output.write(chunk as unknown as string);
  });
  setInterval(() => lines.flush(), LINGER_MS).unref();
  return {
    write: (line) => lines.write(line),
    flush() {
      lines.flush();
      if (isGone) return Promise.resolve();
      // The library's other way, `flushSync`, never returns where the reader is gone.
      return new Promise((resolve) => output.flush(() => resolve()));
    },
  };
}

async function prettySink(fd: number): Promise<Sink> {
  const { default: pretty } = await import("pino-pretty");
  const stream = pretty({ destination: fd, sync: true, ignore: "pid,hostname", translateTime: "SYS:HH:MM:ss.l" });
  return { write: (line) => void stream.write(line), flush: () => Promise.resolve() };
}
