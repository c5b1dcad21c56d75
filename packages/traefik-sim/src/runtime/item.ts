/** `enabled`, `warning` (works in part) or `disabled`. */
export type Status = "enabled" | "warning" | "disabled";

/** A router, service or middleware of the running configuration, with what is wrong with it. */
export class Item {
  /** As configured plus what Traefik fills in; what the API shows. */
  readonly config: Record<string, unknown>;
  status: Status = "enabled";
  readonly error: string[] = [];
  /** Entrypoints in use (routers only). */
  readonly using: string[] = [];
  /** Routers that use it (services and middlewares only). */
  readonly usedBy: string[] = [];
  /** State of each server (services only). */
  readonly serverStatus: Record<string, string> = {};

  constructor(config: Record<string, unknown>) {
    this.config = config;
  }

  fail(message: string, critical = true): void {
    if (this.error.includes(message)) return;
    this.error.push(message);
    if (critical) this.status = "disabled";
    else if (this.status !== "disabled") this.status = "warning";
  }
}

export type Items = Map<string, Item>;

/** The running configuration. Names are qualified: `app@file`. */
export interface Runtime {
  readonly http: { readonly routers: Items; readonly services: Items; readonly middlewares: Items };
  readonly tcp: { readonly routers: Items; readonly services: Items; readonly middlewares: Items };
  readonly udp: { readonly routers: Items; readonly services: Items };
}

/** What a part cannot do, in Traefik's words. */
export class BuildError extends Error {}

export function qualify(name: string, owner: string): string {
  return name.includes("@") ? name : `${name}@${owner.split("@").slice(1).join("@")}`;
}

export function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];
}

export function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
