/** RFC 5424 §6.2.1: facility 3, system daemons. */
const DAEMON = 3 * 8;

/** Severities of RFC 5424 §6.2.1 for our levels. */
const SEVERITIES: Readonly<Record<string, number>> = { debug: 7, info: 6, warn: 4, error: 3 };

const LEVEL = /^\{"level":"([a-z]+)"/;
const TIME = /^\{"level":"[a-z]+","time":"([^"]+)"/;

/** PRI of a line of our log. */
export function priorityOf(line: string): number {
  return DAEMON + (SEVERITIES[LEVEL.exec(line)?.[1] ?? ""] ?? 6);
}

/** Who says it. */
export interface SyslogOrigin {
  readonly hostname: string;
  readonly appName: string;
  readonly pid: number;
}

/** A line of our log as an RFC 5424 §6 message, the whole JSON object being its text. */
export function syslogMessage(line: string, { hostname, appName, pid }: SyslogOrigin): string {
  const time = TIME.exec(line)?.[1] ?? "-";
  return `<${priorityOf(line)}>1 ${time} ${field(hostname, 255)} ${field(appName, 48)} ${pid} - - ${line.trimEnd()}`;
}

/** Fields of the header are printable ASCII without spaces; an empty one is a dash. */
function field(text: string, max: number): string {
  return text.replace(/[^\x21-\x7e]/g, "_").slice(0, max) || "-";
}
