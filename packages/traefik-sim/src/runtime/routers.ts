import { matchersOf, parseRule } from "../config/index.ts";
import { BuildError, type Item, qualify, strings, text, type Items } from "./item.ts";
import { CONFLICT_MESSAGE, tlsOptionsOf } from "./models.ts";

const MAX_USER_PRIORITY = 9_223_372_036_854_774_807n;

/** What a router needs to be built. */
export interface RouterParts {
  readonly entryPoints: readonly string[];
  readonly tlsOptions: ReadonlySet<string>;
  /** @throws BuildError when the service cannot be built */
  readonly buildService: (name: string) => void;
  /** @throws BuildError when a middleware cannot be built */
  readonly buildMiddlewares: (names: readonly string[]) => void;
}

/** Notes the entrypoints a router uses, and those that do not exist. */
function useEntryPoints(router: Item, known: readonly string[]): void {
  const wanted = strings(router.config["entryPoints"]);
  for (const name of wanted) if (!known.includes(name)) router.fail(`entryPoint "${name}" doesn't exist`, false);
  router.using.push(...[...new Set(wanted.filter((name) => known.includes(name)))].toSorted());
  if (router.using.length === 0) router.fail("no valid entryPoint for this router");
}

/** Fills in the priority; false when the router asks for one that is kept for internal routers. */
function setPriority(name: string, router: Item, fallback: number): boolean {
  const set = router.config["priority"];
  const priority = typeof set === "bigint" || typeof set === "number" ? set : 0;
  const used = BigInt(priority) === 0n ? fallback : priority;
  if (used === 0) delete router.config["priority"];
  else router.config["priority"] = used;
  if (BigInt(used) <= MAX_USER_PRIORITY || name.endsWith("@internal")) return true;
  router.fail(`the router priority ${String(priority)} exceeds the max user-defined priority ${MAX_USER_PRIORITY}`);
  return false;
}

/** Runs a step; a BuildError becomes the router's. */
function attempt(router: Item, step: () => void): boolean {
  try {
    step();
    return true;
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    router.fail(error.message);
    return false;
  }
}

export function buildHttpRouters(routers: Items, parts: RouterParts): void {
  for (const [name, router] of routers) {
    useEntryPoints(router, parts.entryPoints);
    const rule = text(router.config["rule"]);
    if (text(router.config["service"]) === "") router.fail("router has no service and no child routers");
    if (router.using.length > 0 && setPriority(name, router, Buffer.byteLength(rule))) {
      attempt(router, () => {
        const options = tlsOptionsOf(name, router.config);
        if (router.config["tls"] !== undefined && options !== "default" && !parts.tlsOptions.has(options)) {
          throw new BuildError(`building router handler: unknown TLS options: ${options}`);
        }
        qualifyMiddlewares(name, router);
        const service = text(router.config["service"]);
        if (service === "") throw new BuildError("router must have either a service or child routers");
        parts.buildService(qualify(service, name));
        parts.buildMiddlewares(strings(router.config["middlewares"]));
        const parsed = parseRule(rule, "http");
        if (parsed.fault !== undefined) {
          const doing = parsed.fault.kind === "grammar" ? "parsing" : "adding";
          throw new BuildError(`error while parsing rule ${rule}: ${doing} rule ${rule}: ${parsed.fault.message}`);
        }
      });
    }
    if (
      router.config["tls"] !== undefined &&
      name.includes("-conflicted-") &&
      tlsOptionsOf(name, router.config) !== "default"
    ) {
      router.fail(CONFLICT_MESSAGE, false);
    }
  }
}

export function buildTcpRouters(routers: Items, parts: RouterParts): void {
  for (const [name, router] of routers) {
    useEntryPoints(router, parts.entryPoints);
    if (router.using.length === 0) continue;
    const rule = text(router.config["rule"]);
    const parsed = parseRule(rule, "tcp");
    const matchers = parsed.fault === undefined ? matchersOf(parsed.tree) : [];
    const catchAll = matchers.length === 1 && matchers[0]?.name === "HostSNI" && matchers[0].args[0] === "*";
    const inRange = setPriority(name, router, catchAll ? -1 : Buffer.byteLength(rule));
    attempt(router, () => {
      const service = text(router.config["service"]);
      if (service === "") throw new BuildError("the service is missing on the router");
      if (rule === "") throw new BuildError("router has no rule");
      if (parsed.fault?.kind === "grammar") throw new BuildError(`invalid rule: "${rule}" , ${parsed.fault.message}`);
      const domains = matchers.filter((matcher) => matcher.name === "HostSNI").map((matcher) => matcher.args[0]);
      if (domains.length > 0 && domains[0] !== "*" && router.config["tls"] === undefined) {
        throw new BuildError(`invalid rule: "${rule}" , has HostSNI matcher, but no TLS on router`);
      }
      if (!inRange) return;
      qualifyMiddlewares(name, router);
      parts.buildService(qualify(service, name));
      parts.buildMiddlewares(strings(router.config["middlewares"]));
      if (parsed.fault !== undefined) throw new BuildError(`error while adding rule ${rule}: ${parsed.fault.message}`);
    });
  }
}

export function buildUdpRouters(routers: Items, parts: RouterParts): void {
  for (const [name, router] of routers) {
    useEntryPoints(router, parts.entryPoints);
    if (router.using.length === 0) continue;
    attempt(router, () => {
      const service = text(router.config["service"]);
      if (service === "") throw new BuildError("the service is missing on the udp router");
      parts.buildService(qualify(service, name));
    });
  }
}

function qualifyMiddlewares(name: string, router: Item): void {
  const middlewares = strings(router.config["middlewares"]);
  if (middlewares.length > 0) router.config["middlewares"] = middlewares.map((middleware) => qualify(middleware, name));
}
