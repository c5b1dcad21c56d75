/** One thing that is wrong with the arguments, as FastAPI says it. */
export interface Problem {
  readonly type: string;
  /** `body`, then the way to the value at fault. */
  readonly loc: readonly (string | number)[];
  readonly msg: string;
  readonly input?: unknown;
  readonly ctx?: Readonly<Record<string, unknown>>;
}

/** Arguments that a tool does not take: HTTP 422 with all that is wrong with them. */
export class InvalidArguments extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems[0]?.msg);
    this.problems = problems.map(withSmallInput);
  }
}

/** Longest value at fault that is sent back, in characters of its JSON. */
const MAX_INPUT = 2_000;

function withSmallInput(problem: Problem): Problem {
  if (!("input" in problem) || JSON.stringify(problem.input ?? null).length <= MAX_INPUT) return problem;
  const { input: _, ...rest } = problem;
  return rest;
}

export const NO_BODY: Problem = { type: "missing", loc: ["body"], msg: "Field required", input: null };

export function noObject(input: unknown): Problem {
  const msg = "Input should be a valid dictionary or object to extract fields from";
  return { type: "model_attributes_type", loc: ["body"], msg, input };
}

export function noJson(at: number, error: string): Problem {
  return { type: "json_invalid", loc: ["body", at], msg: "JSON decode error", input: {}, ctx: { error } };
}

export function missing(path: readonly (string | number)[], input: unknown): Problem {
  return { type: "missing", loc: ["body", ...path], msg: "Field required", input };
}
