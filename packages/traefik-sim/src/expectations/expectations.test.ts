import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasRealTraefik } from "../real/start-real-traefik.ts";
import { cases } from "./cases.ts";
import { observe, type Observed, type Target } from "./observe.ts";
import recordedJson from "./recorded.json" with { type: "json" };
import { realTarget, simulatedTarget } from "./targets.ts";

const recorded = recordedJson as unknown as Readonly<Record<string, Observed>>;

describe("the simulated Traefik shows what a real one showed", () => {
  let target: Target & { close(): Promise<void> };
  beforeAll(() => {
    target = simulatedTarget();
  });
  afterAll(() => target.close());
  test.for(cases)("$name", async (one) => {
    expect(await observe(target, one)).toEqual(recorded[one.name]);
  });
});

const real = hasRealTraefik("what was recorded of a real Traefik, asked again");

describe.runIf(real)("the real Traefik still shows what was recorded", () => {
  let target: Target & { close(): Promise<void> };
  beforeAll(async () => {
    target = await realTarget();
  });
  afterAll(() => target.close());
  test.for(cases)("$name", async (one) => {
    expect(await observe(target, one)).toEqual(recorded[one.name]);
  });
});
