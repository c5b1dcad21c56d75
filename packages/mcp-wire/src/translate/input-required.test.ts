import { describe, expect, it } from "vitest";
import { Message } from "../message.ts";
import {
  asQuestion,
  asRequest,
  asResponse,
  inputRequired,
  mayAsk,
  readInputRequired,
  readRetry,
  retryWith,
} from "./input-required.ts";

const parse = (text: string) => Message.parse(Buffer.from(`{"jsonrpc":"2.0",${text}}`));
const text = (message: Message) => message.bytes.toString();
const SAMPLING = '{"messages":[ ],"maxTokens":1.0}';

/** https://modelcontextprotocol.io/specification/2026-07-28/basic/patterns/mrtr */
describe("what a server asks", () => {
  it("in a result becomes requests, each with its own bytes", () => {
    const asked = readInputRequired(
      parse(
        `"id":1,"result":{"resultType":"input_required","inputRequests":{"a":{"method":"sampling/createMessage","params":${SAMPLING}},"b":{"method":"roots/list"}},"requestState":"\\u0041=="}`,
      ).outcome,
    )!;
    expect(asked.state?.toString()).toBe('"\\u0041=="');
    expect(asked.questions.map((question) => text(asRequest(question, '"x"')))).toEqual([
      `{"jsonrpc":"2.0","id":"x","method":"sampling/createMessage","params":${SAMPLING}}`,
      '{"jsonrpc":"2.0","id":"x","method":"roots/list"}',
    ]);
  });

  it.each([
    ["nothing", '{"resultType":"complete"}', undefined],
    ["no object", "[]", undefined],
    ["a state alone", '{"resultType":"input_required","requestState":"s"}', { questions: [], state: true }],
    [
      "what is no question",
      '{"resultType":"input_required","inputRequests":{"a":7}}',
      { questions: [{ key: "a", method: "", params: undefined }], state: false },
    ],
    ["questions that are none", '{"resultType":"input_required","inputRequests":[]}', { questions: [], state: false }],
    ["a state that is none", '{"resultType":"input_required","requestState":7}', { questions: [], state: false }],
  ])("in a result may be %s", (_, outcome, expected) => {
    const found = readInputRequired(Buffer.from(outcome));
    expect(found && { questions: found.questions, state: found.state !== undefined }).toEqual(expected);
  });

  it("in a request becomes a result, and its answer the response", () => {
    const request = parse(`"id":7.0,"method":"sampling/createMessage","params":${SAMPLING}`);
    expect(text(inputRequired('"call"', [asQuestion(request, "sampling-1")], "st"))).toBe(
      `{"jsonrpc":"2.0","id":"call","result":{"resultType":"input_required","inputRequests":{"sampling-1":{"method":"sampling/createMessage","params":${SAMPLING}}},"requestState":"st"}}`,
    );
    expect(text(asResponse("7.0", Buffer.from('{"n":1.0}')))).toBe('{"jsonrpc":"2.0","id":7.0,"result":{"n":1.0}}');
    expect(asResponse("7.0", Buffer.from("[]")).isError).toBe(true);
  });

  it("is asked again with the answers and the state, byte for byte, and nothing else", () => {
    const call = parse('"id":1,"method":"tools/call","params":{"name":"n","arguments":{"x":1.0}}');
    const state = Buffer.from('"\\u0041=="');
    const retry = retryWith(call, '"1~1"', new Map([["a", Buffer.from('{"n":1.0}')]]), state);
    expect(text(retry)).toBe(
      '{"jsonrpc":"2.0","id":"1~1","method":"tools/call","params":{"inputResponses":{"a":{"n":1.0}},"requestState":"\\u0041==","name":"n","arguments":{"x":1.0}}}',
    );
    const { answers, state: brought } = readRetry(retry);
    expect([...answers].map(([key, value]) => [key, value.toString()])).toEqual([["a", '{"n":1.0}']]);
    expect(brought).toBe("A==");
    const again = retryWith(retry, "2", new Map(), undefined);
    expect(readRetry(again)).toEqual({ answers: new Map(), state: undefined });
    expect(readRetry(parse('"id":1,"method":"x"'))).toEqual({ answers: new Map(), state: undefined });
  });

  it("names a URL for clients that need one", () => {
    const question = {
      key: "k",
      method: "elicitation/create",
      params: Buffer.from('{"mode":"url","url":"https://x"}'),
    };
    expect(asRequest(question, '"q"').params).toEqual({ mode: "url", url: "https://x", elicitationId: "q" });
    const named = { ...question, params: Buffer.from('{"mode":"url","elicitationId":"own"}') };
    expect(asRequest(named, '"q"').params["elicitationId"]).toBe("own");
  });

  it("is asked during three methods", () => {
    expect(
      ["tools/call", "prompts/get", "resources/read", "tools/list", "completion/complete"].filter((method) =>
        mayAsk(Message.of({ id: 1, method })),
      ),
    ).toEqual(["tools/call", "prompts/get", "resources/read"]);
  });
});
