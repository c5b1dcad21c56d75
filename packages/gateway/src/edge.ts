/** A request the edge turns away before anything looks at it. */
export interface Refusal {
  readonly status: number;
  readonly message: string;
}

/** Well below the number beyond which Node silently drops the later ones, an Origin among them. */
const MAX_HEADERS = 200;

/**
 * Checks headers as they came, name and value in turn: that none was dropped, and that there is one Host at most, of which
 * Node would show the first and something in front of us may have looked at the last (RFC 9112 §3.2).
 *
 * @returns undefined when the request may pass
 */
export function guardHeaders(raw: readonly string[]): Refusal | undefined {
  if (raw.length / 2 > MAX_HEADERS) return { status: 431, message: `A request may have ${MAX_HEADERS} headers` };
  let hosts = 0;
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] as string;
    if (name.length === 4 && name.toLowerCase() === "host") hosts++;
  }
  return hosts > 1 ? { status: 400, message: "A request names one Host" } : undefined;
}
