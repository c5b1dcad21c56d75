// Resources, prompts, completion.
import { expect } from "vitest";
import { listOf, refused, type Feature } from "../feature.ts";

const cacheable = { ttlMs: expect.any(Number), cacheScope: expect.stringMatching(/^(public|private)$/) };

export const resourcesAndPrompts: readonly Feature[] = [
  {
    feature: "resources are listed and read",
    page: "2025-11-25/server/resources",
    async works(at) {
      const uris = new Set((await listOf(at, "resources/list", "resources")).map(({ uri }) => uri));
      for (const uri of ["test://static-text", "test://static-binary", "test://watched-resource"]) {
        expect([uri, at.uri(uri)].some((one) => uris.has(one))).toBe(true);
      }
      const text = await at.peer.request("resources/read", { uri: at.uri("test://static-text") });
      expect(text).toMatchObject({ contents: [{ text: "This is the content of the static text resource." }] });
      const binary = await at.peer.request("resources/read", { uri: at.uri("test://static-binary") });
      expect(binary).toMatchObject({ contents: [{ mimeType: "image/png", blob: expect.any(String) }] });
    },
  },
  {
    feature: "resource templates are listed and read",
    page: "2025-11-25/server/resources#resource-templates",
    async works(at) {
      const template = "test://template/{id}/data";
      const templates = await listOf(at, "resources/templates/list", "resourceTemplates");
      const listed = new Set(templates.map(({ uriTemplate }) => uriTemplate));
      expect([template, at.uri(template)].some((one) => listed.has(one))).toBe(true);
      const read = await at.peer.request("resources/read", { uri: at.uri("test://template/7/data") });
      expect(read).toMatchObject({ contents: [{ text: expect.stringContaining('"id":"7"') }] });
    },
  },
  {
    feature: "an unknown resource is an error that names it",
    page: "2026-07-28/server/resources#error-handling",
    async works(at) {
      const uri = at.uri("test://nowhere");
      const error = await refused(at.peer.request("resources/read", { uri }));
      // The legacy era's own code is -32002, but servers of both eras answer with the modern one everywhere.
      expect(at.peer.era === "modern" ? [-32602] : [-32602, -32002]).toContain(error.code);
    },
  },
  {
    feature: "prompts are listed and got",
    page: "2025-11-25/server/prompts",
    async works(at) {
      const prompts = await listOf(at, "prompts/list", "prompts");
      const prompt = prompts.find(({ name }) => name === at.named("test_prompt_with_arguments"));
      expect(prompt).toMatchObject({ arguments: [{ name: "arg1", required: true }, { name: "arg2" }] });
      const params = { name: at.named("test_prompt_with_arguments"), arguments: { arg1: "a", arg2: "b" } };
      expect(await at.peer.request("prompts/get", params)).toMatchObject({
        messages: [{ content: { text: "Prompt with arguments: arg1='a', arg2='b'" } }],
      });
      const unknown = at.peer.request("prompts/get", { name: at.named("nothing") });
      expect(await refused(unknown)).toMatchObject({ code: -32602 });
    },
  },
  {
    feature: "completion of a prompt's and of a template's argument",
    page: "2025-11-25/server/utilities/completion",
    async works(at) {
      const argument = { name: "arg1", value: "par" };
      const found = { completion: { values: ["paris", "park", "party"], total: 3 } };
      const prompt = { type: "ref/prompt", name: at.named("test_prompt_with_arguments") };
      expect(await at.peer.request("completion/complete", { ref: prompt, argument })).toMatchObject(found);
      const template = { type: "ref/resource", uri: at.uri("test://template/{id}/data") };
      const params = { ref: template, argument: { name: "id", value: "par" } };
      expect(await at.peer.request("completion/complete", params)).toMatchObject(found);
    },
  },
  {
    feature: "how long a list or a resource may be kept, and for whom",
    page: "2026-07-28/server/utilities/caching",
    async works(at) {
      for (const method of ["tools/list", "prompts/list", "resources/list", "resources/templates/list"]) {
        const result = await at.peer.request(method);
        if (at.peer.era === "modern") expect(result, method).toMatchObject(cacheable);
        else expect(result, method).not.toHaveProperty("ttlMs");
      }
      const read = await at.peer.request("resources/read", { uri: at.uri("test://static-text") });
      if (at.peer.era === "modern") expect(read).toMatchObject(cacheable);
    },
  },
];
