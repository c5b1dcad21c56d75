import type { Protocol } from "../client/api-types.ts";

/** Members of a configuration section by name. */
export type Members = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** What a route file will hold, and what was decided on the way. */
export interface RoutePlan {
  readonly protocol: Protocol;
  /** Name of the router, without its provider. */
  readonly name: string;
  readonly rule: string;
  readonly entryPoints: readonly string[];
  readonly routers: Members;
  readonly services: Members;
  readonly middlewares: Members;
  /** What was chosen on the caller's behalf, one sentence each. */
  readonly picked: readonly string[];
  readonly warnings: readonly string[];
}

/** The plan as Traefik's dynamic configuration; empty sections are left out, as Traefik refuses them. */
export function configOf({ protocol, routers, services, middlewares }: RoutePlan): Readonly<Record<string, unknown>> {
  const sections = Object.entries({ routers, services, middlewares }).filter(
    ([, members]) => Object.keys(members).length > 0,
  );
  return { [protocol]: Object.fromEntries(sections) };
}
