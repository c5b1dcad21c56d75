import { nameProblem, titleOf, titleProblem, urlProblem } from "./checks.ts";
import { UsageError, type Io } from "./io.ts";
import type { Options } from "./options.ts";

/** What a shard is made from, complete. */
export interface Answers {
  readonly name: string;
  readonly title: string;
  readonly url: string;
}

const DEFAULT_URL = "http://localhost:8080";

/**
 * What the options leave open is asked for where somebody can answer; else the defaults are taken.
 *
 * @throws UsageError when something given is wrong, or the name is missing and nobody can be asked
 */
export async function complete(options: Options, taken: readonly string[], io: Io): Promise<Answers> {
  const { name, title, url } = options;
  refuse(name !== undefined && nameProblem(name, taken));
  refuse(title !== undefined && titleProblem(title));
  refuse(url !== undefined && urlProblem(url));
  if (!io.isTerminal || options.yes) {
    if (name === undefined) throw new UsageError("A shard needs a name: npm run new-shard -- <name>");
    return { name, title: title ?? titleOf(name), url: url ?? DEFAULT_URL };
  }
  // Only here: most runs answer everything by flags.
  const { isCancel, text } = await import("@clack/prompts");
  const ask = async (message: string, usual: string | undefined, problem: (answer: string) => string | undefined) => {
    const answer = await text({
      message,
      ...(usual !== undefined && { placeholder: usual, defaultValue: usual }),
      validate: (value) => problem((value ?? "") === "" ? (usual ?? "") : (value as string)),
    });
    if (isCancel(answer)) throw new UsageError("Nothing was made.");
    return answer;
  };
  const chosen =
    name ?? (await ask("What is the shard called (a-z, 0-9, -)?", undefined, (one) => nameProblem(one, taken)));
  return {
    name: chosen,
    title: title ?? (await ask("What do people call its service?", titleOf(chosen), titleProblem)),
    url: url ?? (await ask("Where does its API answer?", DEFAULT_URL, urlProblem)),
  };
}

function refuse(problem: string | false | undefined): void {
  if (problem) throw new UsageError(problem);
}
