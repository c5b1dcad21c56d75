/** What a wrapper is asked to fetch and run. */
export interface WrappedPackage {
  readonly installer: "npm" | "uv";
  /** As the installer wants them; the first holds the program. */
  readonly specs: readonly string[];
  /** Name of the first package, without version. */
  readonly name: string;
  /** Name of the program, where it was said. */
  readonly program: string | undefined;
  /** Version of Python to run it with. */
  readonly python: string | undefined;
  /** True where it asks for whatever is newest. */
  readonly isLatest: boolean;
  /** Arguments of the program. */
  readonly args: readonly string[];
}

const NPM_SPEC = /^((?:@[\w.-]+\/)?[\w.-]+)(?:@([\w.^~<>=*+-]+))?$/;
const PYTHON_SPEC =
  /^([A-Za-z0-9][\w.-]*)(\[[\w,.-]+\])?(?:(?:@|==)([\w.+!-]+)|((?:>=|<=|~=|!=|<|>)[\w.,<>=!~*+-]+))?$/;

/**
 * Reads the command line of `npx` or `uvx` (also `uv tool run`).
 *
 * @returns undefined for another command, and for anything only the wrapper itself understands: it is run as it is then
 */
export function readWrapper(command: string, args: readonly string[]): WrappedPackage | undefined {
  const name = command.replace(/^.*\//, "");
  if (name === "npx") return readNpx(args);
  if (name === "uvx") return readUvx(args);
  return name === "uv" && args[0] === "tool" && args[1] === "run" ? readUvx(args.slice(2)) : undefined;
}

function readNpx(args: readonly string[]): WrappedPackage | undefined {
  const line = readFlags(args, ["-y", "--yes", "-q", "--quiet", "--prefer-offline"], ["-p", "--package"]);
  if (line === undefined) return undefined;
  const [first, ...rest] = line.rest;
  const packages = line.values.map(([, value]) => value);
  const spec = packages[0] ?? first;
  const [, name, version] = NPM_SPEC.exec(spec ?? "") ?? [];
  if (first === undefined || spec === undefined || name === undefined || packages.length > 1) return undefined;
  const program = packages.length > 0 ? first : undefined;
  const isLatest = version === "latest";
  return { installer: "npm", specs: [spec], name, program, python: undefined, isLatest, args: rest };
}

function readUvx(args: readonly string[]): WrappedPackage | undefined {
  const line = readFlags(args, ["-q", "--quiet"], ["--from", "--with", "-p", "--python"]);
  if (line === undefined) return undefined;
  const [first, ...rest] = line.rest;
  const valuesOf = (...flags: string[]) =>
    line.values.filter(([flag]) => flags.includes(flag)).map(([, value]) => value);
  const spec = valuesOf("--from")[0] ?? first;
  const [, name, extras = "", version, range = ""] = PYTHON_SPEC.exec(spec ?? "") ?? [];
  const others = valuesOf("--with");
  if (first === undefined || name === undefined || others.some((other) => !PYTHON_SPEC.test(other))) return undefined;
  const isLatest = version === "latest";
  const pinned = version === undefined || isLatest ? "" : `==${version}`;
  return {
    installer: "uv",
    specs: [name + extras + pinned + range, ...others],
    name,
    program: valuesOf("--from").length > 0 ? first : name,
    python: valuesOf("-p", "--python")[0],
    isLatest,
    args: rest,
  };
}

interface Flags {
  readonly values: readonly (readonly [string, string])[];
  readonly rest: readonly string[];
}

/** Flags up to the first word that is none. @returns undefined where there is one that is not known */
function readFlags(args: readonly string[], plain: readonly string[], valued: readonly string[]): Flags | undefined {
  const values: (readonly [string, string])[] = [];
  let at = 0;
  for (; at < args.length && args[at]!.startsWith("-"); at++) {
    const [flag, inline] = args[at]!.split(/=(.*)/s) as [string, string | undefined];
    if (flag === "--") return { values, rest: args.slice(at + 1) };
    if (plain.includes(flag)) continue;
    const value = inline ?? args[++at];
    if (!valued.includes(flag) || value === undefined) return undefined;
    values.push([flag, value]);
  }
  // npx takes its own end of flags behind the package as well.
  return { values, rest: args.slice(at) };
}
