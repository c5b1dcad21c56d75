// The cheap upstream as a program: one JSON message per line, of one era.
// Usage: node main.ts <tools> <era>
import type { Era } from "../load/requests.ts";
import { createAnswers, type Request } from "../upstream/answers.ts";

const era = process.argv[3] as Era;
const session = "the pipe";
const answers = createAnswers(Number(process.argv[2] ?? 10), () => session);
let rest = "";
process.stdin.setEncoding("utf8").on("data", (text: string) => {
  const lines = (rest + text).split("\n");
  rest = lines.pop() as string;
  let said = "";
  for (const line of lines) {
    const { body } = answers.answer(era, JSON.parse(line) as Request, session);
    if (body !== undefined) said += `${body}\n`;
  }
  if (said !== "") process.stdout.write(said);
});
