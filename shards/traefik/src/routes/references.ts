import { ToolError } from "@shardgate/shard-sdk";
import { nearest } from "@shardgate/traefik-sim/config";
import { baseOf, providerOf } from "./names.ts";

/**
 * Finds what a bare name means among qualified ones: `authentik` is `authentik@docker` when that is the only one so
 * called. A bare name would mean our own provider only, so the qualified one is written.
 *
 * @param what `middleware` or `service`, for the message
 * @throws ToolError when there is none, or when several have the name
 */
export function resolveReference(wanted: string, known: readonly string[], what: string, field: string): string {
  const name = wanted.trim();
  const usable = known.filter((one) => providerOf(one) !== "internal");
  if (providerOf(name) === "internal") {
    throw new ToolError(
      `\`${field}\`: ${name} belongs to Traefik itself (its API, dashboard or metrics) and may not be published.`,
      { next: `Name another ${what}.` },
    );
  }
  if (usable.includes(name)) return name;
  const same = usable.filter((one) => baseOf(one) === name);
  if (same.length === 1) return same[0] as string;
  if (same.length > 1) {
    throw new ToolError(`\`${field}\`: several providers have a ${what} ${name}.`, {
      next: `Name one of: ${same.join(", ")}.`,
    });
  }
  const close = nearest(baseOf(name), [...new Set(usable.map(baseOf))]);
  const meant = usable.filter((one) => baseOf(one) === close);
  const some = usable.toSorted().slice(0, 15).join(", ") || "none";
  throw new ToolError(`\`${field}\`: Traefik has no ${what} ${JSON.stringify(name)}.`, {
    next: meant.length > 0 ? `Did you mean ${meant.join(" or ")}?` : `It has: ${some}.`,
  });
}
