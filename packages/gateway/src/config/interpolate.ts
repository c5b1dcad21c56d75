import { isMap, isPair, isScalar, isSeq, type Document, type Scalar } from "yaml";

const REFERENCE = /\$\{([A-Za-z_][A-Za-z0-9_]*)(?:(:-|:\?)([^}]*))?\}/g;

/**
 * Puts the environment into a document: `${VAR}`, `${VAR:-default}` and `${VAR:?message}` in any value, as Compose does.
 * Only values change, so what stands in a variable can never become structure.
 *
 * @param onProblem told of each variable that is needed and not there
 */
export function interpolate(
  document: Document,
  env: Readonly<Record<string, string | undefined>>,
  onProblem: (message: string, scalar: Scalar) => void,
): void {
  visit(document.contents);

  function visit(node: unknown): void {
    if (isMap(node) || isSeq(node)) for (const item of node.items) visit(isPair(item) ? item.value : item);
    else if (isScalar(node) && typeof node.value === "string") substitute(node);
  }

  function substitute(scalar: Scalar): void {
    scalar.value = (scalar.value as string).replace(REFERENCE, (_, name: string, operator?: string, rest = "") => {
      const value = env[name];
      if (value !== undefined && (value !== "" || operator === undefined)) return value;
      if (operator === ":-") return rest;
      onProblem(rest === "" ? `the environment variable ${name} is not set` : `${name}: ${rest}`, scalar);
      return "";
    });
  }
}
