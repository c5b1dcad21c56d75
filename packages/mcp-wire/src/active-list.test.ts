import fc from "fast-check";
import { expect, it } from "vitest";
import { ActiveList } from "./active-list.ts";

it("holds what was added and not removed, in whatever order things come and go", () => {
  const step = fc.record({ add: fc.boolean(), item: fc.nat({ max: 20 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const list = new ActiveList<number>();
      const model = new Set<number>();
      for (const { add, item } of steps) {
        if (!add) {
          list.remove(item);
          model.delete(item);
        } else if (!model.has(item)) {
          list.add(item);
          model.add(item);
        }
        expect(list.size).toBe(model.size);
        expect(new Set(list)).toEqual(model);
      }
    }),
  );
});

it("can be walked while its items leave", () => {
  const list = new ActiveList<string>();
  for (const item of ["a", "b", "c"]) list.add(item);
  const seen: string[] = [];
  for (const item of list) {
    seen.push(item);
    list.remove(item);
  }
  expect(seen).toEqual(["a", "b", "c"]);
  expect(list.size).toBe(0);
});
