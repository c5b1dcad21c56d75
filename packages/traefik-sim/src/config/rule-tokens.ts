/** A rule that Go's parser refuses; the column counts from 1. */
export class RuleError extends Error {
  readonly column: number | undefined;

  constructor(message: string, column?: number) {
    super(message);
    this.column = column;
  }
}

/** One word of a rule. */
export type Token = {
  readonly type: "name" | "string" | "rune" | "(" | ")" | "," | "!" | "&&" | "||" | "end";
  readonly text: string;
  readonly column: number;
};

/** Splits a rule into words as Go's scanner does, comments and semicolon insertion included. */
export function tokenize(rule: string): Token[] {
  const tokens: Token[] = [];
  let index = 0;
  const skip = /(?:[ \t\r]|\/\/[^\n]*|\/\*[\s\S]*?\*\/)+/y;
  const word = /[\p{L}_][\p{L}\p{Nd}_]*/uy;
  while (index < rule.length) {
    skip.lastIndex = index;
    const blank = skip.exec(rule)?.[0];
    if (blank !== undefined) {
      index += blank.length;
      continue;
    }
    const column = index + 1;
    const char = rule[index] as string;
    if (char === "\n") {
      // Go puts a semicolon after a line that ends in a name, a string or a closing parenthesis.
      const last = tokens.at(-1)?.type;
      const ends = last === "name" || last === "string" || last === ")";
      if (ends && rule.slice(index).trim() !== "") throw new RuleError("expected 'EOF', found newline", column);
      index++;
    } else if (char === "`" || char === '"') {
      const [text, length] = readString(rule, index);
      tokens.push({ type: "string", text, column });
      index += length;
    } else if (char === "'") {
      const rune = /'(?:[^'\\\n]|\\.[0-9a-fA-F]*)'/y;
      rune.lastIndex = index;
      const literal = rune.exec(rule)?.[0];
      if (literal === undefined) throw new RuleError("illegal rune literal", column);
      tokens.push({ type: "rune", text: literal, column });
      index += literal.length;
    } else if (rule.startsWith("&&", index) || rule.startsWith("||", index)) {
      tokens.push({ type: rule.slice(index, index + 2) as "&&" | "||", text: "", column });
      index += 2;
    } else if ("(),!".includes(char) && !rule.startsWith("!=", index)) {
      tokens.push({ type: char as "(" | ")" | "," | "!", text: char, column });
      index++;
    } else {
      word.lastIndex = index;
      const name = word.exec(rule)?.[0];
      if (name === undefined) throw new RuleError(`unexpected ${JSON.stringify(char)}`, column);
      tokens.push({ type: "name", text: name, column });
      index += name.length;
    }
  }
  tokens.push({ type: "end", text: "EOF", column: rule.length + 1 });
  return tokens;
}

/** A Go string literal at `start`: the text and how many characters of the rule it takes. */
function readString(rule: string, start: number): [text: string, length: number] {
  if (rule[start] === "`") {
    const end = rule.indexOf("`", start + 1);
    if (end < 0) throw new RuleError("raw string literal not terminated", start + 1);
    return [rule.slice(start + 1, end).replaceAll("\r", ""), end + 1 - start];
  }
  const match = /"(?:[^"\\\n]|\\.)*"/y;
  match.lastIndex = start;
  const literal = match.exec(rule)?.[0];
  if (literal === undefined) throw new RuleError("string literal not terminated", start + 1);
  return [unescape(literal.slice(1, -1), start + 1), literal.length];
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
  '"': '"',
};

function unescape(text: string, column: number): string {
  return text.replace(
    /\\(?:([0-7]{3})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))/g,
    (_, octal, hex, short, long, simple) => {
      if (simple === undefined)
        return String.fromCodePoint(Number.parseInt(octal ?? hex ?? short ?? long, octal === undefined ? 16 : 8));
      const known = ESCAPES[simple];
      if (known === undefined) throw new RuleError("unknown escape sequence", column);
      return known;
    },
  );
}
