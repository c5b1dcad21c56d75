import type { Operation } from "../operation.ts";
import { checkArguments } from "./coerce.ts";
import type { Problem } from "./invalid.ts";
import { problemsOf } from "./problems.ts";
import { compileSchema } from "./validator.ts";

/** What is wrong with the arguments of a call; changes them where they then are what was meant. */
export type Check = (
  value: Record<string, unknown>,
  size: number,
) => { readonly problems: readonly Problem[]; readonly isChanged: boolean };

const NOTHING = { problems: [], isChanged: false } as const;

/** Compiles the check of one operation. */
export function createCheck({ input, required }: Operation): Check {
  const validate = compileSchema(input);
  if (validate === undefined) return () => NOTHING;
  const needed = new Set(required);
  return (value, size) => {
    const { errors, isChanged } = checkArguments(value, size, validate, needed);
    if (errors === undefined) return isChanged ? { problems: [], isChanged } : NOTHING;
    return { problems: problemsOf(errors, value), isChanged };
  };
}
