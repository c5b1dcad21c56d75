/** An entrypoint of the static configuration, as the API shows it. A UDP one has an address that ends in `/udp`. */
export interface EntryPoint {
  readonly address: string;
  readonly asDefault?: boolean;
  readonly http?: {
    readonly tls?: { readonly certResolver?: string; readonly options?: string; readonly domains?: readonly unknown[] };
    readonly middlewares?: readonly string[];
    readonly [key: string]: unknown;
  };
}

export type EntryPoints = Readonly<Record<string, EntryPoint>>;

/** The entrypoint of the API itself; routers never get it by default. */
export const INTERNAL_ENTRY_POINT = "traefik";

export function isUdp(entryPoint: EntryPoint): boolean {
  return entryPoint.address.endsWith("/udp");
}

/** Names of the entrypoints that HTTP and TCP routers can use. */
export function streamEntryPoints(entryPoints: EntryPoints): string[] {
  return Object.keys(entryPoints)
    .filter((name) => !isUdp(entryPoints[name] as EntryPoint))
    .toSorted();
}

/** Entrypoints of a router that names none: those marked `asDefault`, or else all but the internal one. */
export function defaultEntryPoints(entryPoints: EntryPoints): string[] {
  const marked = Object.values(entryPoints).some((entryPoint) => entryPoint.asDefault === true);
  return streamEntryPoints(entryPoints).filter(
    (name) => name !== INTERNAL_ENTRY_POINT && (!marked || entryPoints[name]?.asDefault === true),
  );
}
