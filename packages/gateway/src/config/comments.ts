import { Lexer } from "yaml";
import { isJson, jsonComments } from "./plain-json.ts";

/** A comment, without its mark. */
export interface Comment {
  readonly offset: number;
  readonly text: string;
}

/** The comments of a file in order: `#` of YAML, `//` and block comments of JSON as people write it. */
export function commentsOf(text: string): readonly Comment[] {
  const found = isJson(text) ? jsonComments(text) : yamlComments(text);
  return found.map(({ offset, text: raw }) => ({
    offset,
    text: raw
      .replace(/^(#+|\/\/+|\/\*+)|\*\/$/g, "")
      .replace(/^\s*(\*+ ?)?/gm, "")
      .trim(),
  }));
}

/** What the lexer adds to the text, which it gives back whole: document, flow error and scalar. */
const MARKS: ReadonlySet<string> = new Set(["\u0002", "\u0018", "\u001f"]);

function yamlComments(text: string): readonly Comment[] {
  const comments: Comment[] = [];
  let offset = 0;
  for (const token of new Lexer().lex(text)) {
    if (MARKS.has(token)) continue;
    if (token.startsWith("#")) comments.push({ offset, text: token });
    offset += token.length;
  }
  return comments;
}
