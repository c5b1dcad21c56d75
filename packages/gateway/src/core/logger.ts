export type LogFields = Readonly<Record<string, unknown>>;

/** Structured log, whatever writes it. A field never holds a secret: headers, arguments and results stay out. */
export interface Logger {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
}
