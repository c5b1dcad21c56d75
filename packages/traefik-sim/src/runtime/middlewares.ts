import { checkRe2, isAddressRange } from "../config/index.ts";
import { BuildError, qualify, strings, text, type Items } from "./item.ts";

type Config = Record<string, unknown>;

/** Builds the middlewares of a router; the first that cannot be built ends it. */
export function middlewareBuilder(middlewares: Items): (names: readonly string[]) => void {
  const building: string[] = [];
  const build = (name: string): void => {
    const middleware = middlewares.get(name);
    if (middleware === undefined) throw new BuildError(`middleware "${name}" does not exist`);
    const problem = building.includes(name)
      ? `could not instantiate middleware ${name}: recursion detected in ${[...building, name].map((one) => `middleware:${one}`).join("->")}`
      : wrongMiddleware(name, middleware.config);
    if (problem !== undefined) {
      middleware.fail(problem);
      throw new BuildError(problem);
    }
    building.push(name);
    try {
      const chain = middleware.config["chain"] as Config | undefined;
      if (chain === undefined) return;
      chain["middlewares"] = strings(chain["middlewares"]).map((child) => qualify(child, name));
      for (const child of strings(chain["middlewares"]).toReversed()) build(child);
    } finally {
      building.pop();
    }
  };
  return (names) => {
    // Traefik builds a chain from its end.
    for (const name of names.toReversed()) build(name);
  };
}

function wrongMiddleware(name: string, config: Config): string | undefined {
  const types = Object.keys(config);
  if (types.length === 0)
    return `invalid middleware "${name}" configuration: invalid middleware type or middleware does not exist`;
  if (types.length > 1) {
    return "cannot create middleware: multi-types middleware not supported, consider declaring two different pieces of middleware instead";
  }
  const [type] = types as [string];
  const options = (config[type] ?? {}) as Config;
  const check = CHECKS[type];
  return check?.(options);
}

const CHECKS: Readonly<Record<string, (options: Config) => string | undefined>> = {
  addPrefix: (options) => (text(options["prefix"]) === "" ? "prefix cannot be empty" : undefined),
  basicAuth: (options) => {
    for (const user of strings(options["users"]))
      if (user.split(":").length !== 2) return `error parsing Authenticator user: ${user}`;
    const file = text(options["usersFile"]);
    return file === "" ? undefined : `open ${file}: no such file or directory`;
  },
  ipAllowList: (options) => wrongRanges(options),
  ipWhiteList: (options) => wrongRanges(options),
  plugin: (options) => `plugin: unknown plugin type: ${Object.keys(options)[0] ?? ""}`,
  redirectRegex: (options) => wrongRegexp(text(options["regex"])),
  redirectScheme: (options) => (text(options["scheme"]) === "" ? "you must provide a target scheme" : undefined),
  replacePathRegex: (options) => wrongRegexp(text(options["regex"])),
  stripPrefixRegex: (options) =>
    strings(options["regex"])
      .map(wrongRegexp)
      .find((problem) => problem !== undefined),
};

function wrongRanges(options: Config): string | undefined {
  const ranges = strings(options["sourceRange"]);
  if (ranges.length === 0) return "sourceRange is empty, IPAllowLister not created";
  const wrong = ranges.find((range) => !isAddressRange(range));
  return wrong === undefined
    ? undefined
    : `cannot parse CIDRs [${ranges.join(" ")}]: parsing CIDR trusted IPs <nil>: invalid CIDR address: ${wrong}`;
}

function wrongRegexp(pattern: string): string | undefined {
  const wrong = checkRe2(pattern);
  return wrong === undefined ? undefined : `error compiling regex: ${wrong}`;
}
