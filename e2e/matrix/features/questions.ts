// What a server asks its client.
import { expect } from "vitest";
import { call, saying, type Feature } from "../feature.ts";

export const questions: readonly Feature[] = [
  {
    feature: "sampling",
    page: "2025-11-25/client/sampling",
    async works(at) {
      expect(await call(at, "test_sampling", { prompt: "Capital?" })).toMatchObject(saying("LLM response: Paris"));
      expect(at.peer.asked.at(-1)).toMatchObject({ method: "sampling/createMessage", params: { maxTokens: 100 } });
      expect(at.bystander.asked).toEqual([]);
    },
  },
  {
    feature: "elicitation by form",
    page: "2025-11-25/client/elicitation#form-mode-elicitation-requests",
    async works(at) {
      expect(await call(at, "test_elicitation", { message: "Who are you?" })).toMatchObject(saying(/"username":"Ada"/));
      expect(at.peer.asked.at(-1)).toMatchObject({ params: { message: "Who are you?" } });
      expect(at.bystander.asked).toEqual([]);
    },
  },
  {
    feature: "elicitation by URL",
    page: "2025-11-25/client/elicitation#url-mode-elicitation-requests",
    async works(at) {
      expect(await call(at, "ask_for_url")).toMatchObject(saying("Sent: accept"));
      expect(at.peer.asked.at(-1)).toMatchObject({ params: { mode: "url", url: "https://example.com/sign-in" } });
    },
  },
  {
    feature: "roots",
    page: "2025-11-25/client/roots",
    async works(at) {
      const result = await call(at, "test_input_required_result_list_roots");
      expect(result).toMatchObject(saying("Roots: file:///home/ada"));
    },
  },
  {
    feature: "several questions at once, and one after another with a sealed state",
    page: "2026-07-28/basic/patterns/mrtr",
    async works(at) {
      expect(await call(at, "test_input_required_result_multiple_inputs")).toMatchObject(saying("Paris Ada"));
      expect(await call(at, "test_input_required_result_multi_round")).toMatchObject(saying(/Ada.*Ada/));
      expect(await call(at, "test_input_required_result_request_state")).toMatchObject(saying("state-ok"));
    },
  },
  {
    feature: "a prompt that asks first",
    page: "2026-07-28/basic/patterns/mrtr",
    async works(at) {
      const prompt = await at.peer.request("prompts/get", { name: at.named("test_input_required_result_prompt") });
      expect(prompt).toMatchObject({ messages: [{ content: { text: "Context: Ada" } }] });
    },
  },
];
