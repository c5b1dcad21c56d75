import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MetaKey } from "./eras.ts";
import { Message } from "./message.ts";

const parse = (text: string) => Message.parse(Buffer.from(text));
const gap = fc.constantFrom("", " ", "\n\t", "  ");
const value = fc.json({ maxDepth: 2 });
const members = fc.array(fc.tuple(fc.constantFrom("a", "b\\u0061", "arguments", "me", "ta"), value, gap), {
  maxLength: 3,
});
const id = fc.oneof(
  fc.integer().map(String),
  fc.string().map((text) => JSON.stringify(text)),
);
const written = (all: readonly (readonly [string, string, string])[]): string =>
  `{${all.map(([key, text, space]) => `${space}"${key}"${space}:${space}${text}${space}`).join(",")}}`;

/** What a message says of itself, and what it says when its bytes are read again. */
function seen(message: Message): object {
  const { id: own, method, name, uri, hasMeta, namedVersion, hasCapabilities, hasAnswers, hasResultType } = message;
  const [meta, params, outcome] = [message.metaBytes, message.paramsBytes, message.outcome].map((part) =>
    part?.toString(),
  );
  const { isError, isToolError } = message;
  return {
    own,
    method,
    name,
    uri,
    hasMeta,
    namedVersion,
    hasCapabilities,
    hasAnswers,
    hasResultType,
    meta,
    params,
    outcome,
    isError,
    isToolError,
  };
}

describe("two places changed at once", () => {
  it("another id and another envelope, or none: nothing else differs, in 10,000 messages", () => {
    const keys = fc.constantFrom(MetaKey.protocolVersion, MetaKey.clientCapabilities, "k");
    const meta = fc.uniqueArray(fc.tuple(keys, value, gap), { maxLength: 3, selector: ([key]) => key }).map(written);
    const key = fc.constantFrom("_meta", "_meta", "_meta", "_m\\u0065ta");
    const generated = fc.record({
      id,
      next: id,
      before: members,
      after: members,
      meta,
      key,
      space: gap,
      first: fc.boolean(),
      other: fc.option(meta, { nil: undefined }),
      name: fc.boolean(),
    });
    fc.assert(
      fc.property(
        generated,
        ({ id: own, next, before, after, meta: given, key: spelled, space, first, other, name }) => {
          const named = name ? [["name", '"n"', space] as const] : [];
          const params = written([...before, [spelled, given, space], ...named, ...after]);
          const message = parse(
            first
              ? `{"jsonrpc":"2.0",${space}"id":${own},"params":${params},"method":"m"}`
              : `{"jsonrpc":"2.0","method":"m","params":${params}${space},"id":${space}${own}}`,
          );
          const changed = message.withEnvelope(next, other === undefined ? undefined : Buffer.from(other));
          const wanted = JSON.parse(message.bytes.toString()) as { id: unknown; params: { _meta?: unknown } };
          wanted.id = JSON.parse(next);
          if (other !== undefined) wanted.params._meta = JSON.parse(other);
          // A key in disguise is not taken out, but says nothing.
          else if (spelled === "_meta") delete wanted.params._meta;
          else wanted.params._meta = {};
          expect(JSON.parse(changed.bytes.toString())).toEqual(wanted);
          const again = Message.parse(changed.bytes);
          // What stands in an envelope is read where the message came in, and not again.
          const { namedVersion: _, hasCapabilities: __, ...rest } = seen(again) as Record<string, unknown>;
          expect(seen(changed)).toMatchObject(rest);
        },
      ),
      { numRuns: 10_000 },
    );
  }, 60_000);

  it("another id and members in front of a result: nothing else differs, in 10,000 messages", () => {
    const generated = fc.record({ id, next: id, result: members, space: gap, first: fc.boolean() });
    fc.assert(
      fc.property(generated, ({ id: own, next, result, space, first }) => {
        const text = result.length === 0 ? `{${space}}` : written(result);
        const message = parse(
          first
            ? `{"id":${own},"jsonrpc":"2.0",${space}"result":${text}}`
            : `{"jsonrpc":"2.0","result":${space}${text},"x":1.0,"id":${own}${space}}`,
        );
        const changed = message.withMembers(next, Buffer.from('"resultType":"complete","ttlMs":0,'));
        const wanted = JSON.parse(message.bytes.toString()) as { result: object };
        expect(JSON.parse(changed.bytes.toString())).toEqual({
          ...wanted,
          id: JSON.parse(next),
          result: { ...wanted.result, resultType: "complete", ttlMs: 0 },
        });
        expect(seen(changed)).toEqual(seen(Message.parse(changed.bytes)));
      }),
      { numRuns: 10_000 },
    );
  }, 60_000);
});
