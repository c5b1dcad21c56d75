import { expect, test } from "vitest";
import { createAnswers } from "./answers.ts";

const echo = { id: 1, method: "tools/call", params: { name: "echo", arguments: { text: 'say "hi"' } } };
const parsed = (body: string | undefined): unknown => JSON.parse(body!);

test("modern: no session, every result says what it is", () => {
  const answers = createAnswers(3, () => "never");
  expect(parsed(answers.answer("modern", echo, undefined).body)).toEqual({
    jsonrpc: "2.0",
    id: 1,
    result: { resultType: "complete", content: [{ type: "text", text: 'say "hi"' }] },
  });
  const list = parsed(answers.answer("modern", { id: 2, method: "tools/list" }, undefined).body);
  expect(list).toMatchObject({ result: { resultType: "complete", tools: [{ name: "echo" }, {}, {}] } });
  expect(answers.answer("modern", { id: 3, method: "initialize" }, undefined).status).toBe(404);
});

test("legacy: initialize opens a session, and nothing works without one", () => {
  const answers = createAnswers(1, () => "s1");
  expect(answers.answer("legacy", echo, undefined).status).toBe(400);
  expect(answers.answer("legacy", echo, "s1").status).toBe(404);
  expect(answers.answer("legacy", { id: 1, method: "initialize" }, undefined)).toMatchObject({
    status: 200,
    session: "s1",
  });
  expect(answers.answer("legacy", { method: "notifications/initialized" }, "s1")).toEqual({ status: 202 });
  expect(parsed(answers.answer("legacy", echo, "s1").body)).toMatchObject({
    result: { content: [{ text: 'say "hi"' }] },
  });
});
