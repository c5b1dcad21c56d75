import { fileSink, type FileSinkOptions } from "./file-sink.ts";
import { outputSink } from "./output-sink.ts";
import type { Sink } from "./sink.ts";
import { type SyslogAddress, syslogSink } from "./syslog-sink.ts";

export interface SinkOptions {
  /** How lines look on the output: `json`, one object a line; `pretty`, for people at a terminal. */
  readonly format: "json" | "pretty";
  /** File descriptor of the output. */
  readonly fd: number;
  readonly file?: Omit<FileSinkOptions, "onProblem"> | undefined;
  readonly syslog?: SyslogAddress | undefined;
  /** Our own process, as syslog names it. */
  readonly pid: number;
  /** Told of a sink that fails. */
  readonly onProblem: (message: string) => void;
}

/** Where lines go: the only list. @throws Error of a sink that cannot begin */
export async function createSinks({ format, fd, file, syslog, pid, onProblem }: SinkOptions): Promise<readonly Sink[]> {
  return [
    await outputSink(fd, format),
    ...(file === undefined ? [] : [await fileSink({ ...file, onProblem })]),
    ...(syslog === undefined ? [] : [syslogSink({ address: syslog, appName: "shardgate", pid, onProblem })]),
  ];
}
