import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readDynamicFile, templateFault } from "../config/index.ts";
import { hasRealTraefik } from "../real/start-real-traefik.ts";
import { buildRuntime } from "../runtime/build-runtime.ts";
import { createMerger } from "../runtime/load-directory.ts";
import handmade from "./handmade.json" with { type: "json" };
import { loads } from "./loads.ts";
import { everyField, mutate, seeded, slices } from "./mutations.ts";
import type { Target } from "./observe.ts";
import { templates, tomls } from "./other-files.ts";
import { ENTRY_POINTS, realTarget } from "./targets.ts";

/** Files by hand, and whether a real Traefik loads them. Each miss ever found stays as a case. */
const files = handmade as unknown as readonly (readonly [yaml: string, loads: boolean])[];

/** Where ours is stricter: what a template gives is not known here, and nobody writes internal models into a file. */
const stricter = (yaml: string) => yaml.includes("{{ env") || yaml.includes("models: {a: {}}");

test("files by hand are judged as Traefik judged them", () => {
  const wrong = files.filter(
    ([yaml, real]) => !stricter(yaml) && (readDynamicFile(Buffer.from(yaml)).config !== undefined) !== real,
  );
  expect(files.length).toBeGreaterThanOrEqual(150);
  expect(wrong).toEqual([]);
});

test("a file with every field is taken", () => {
  expect(readDynamicFile(Buffer.from(everyField())).config).toBeDefined();
});

test("templates and TOML are judged as Traefik judged them", () => {
  const wrongTemplates = templates.filter(([text, real]) => (templateFault(text) === undefined) !== real);
  expect(wrongTemplates).toEqual([]);
  const wrong = tomls.filter(
    ([text, real]) => (readDynamicFile(Buffer.from(text), "toml").config !== undefined) !== real,
  );
  expect(wrong).toEqual([]);
});

test("a broken template is told with its place, one that can run as not run here", () => {
  const first = (text: string) => readDynamicFile(Buffer.from(text)).findings[0];
  expect(first("# x\n  {{ `a }}\n")).toMatchObject({
    line: 2,
    column: 3,
    message: expect.stringContaining("does not end"),
  });
  expect(first("# {{ 1 }}\n")).toMatchObject({ line: 1, column: 3, message: expect.stringContaining("not run here") });
});

describe.runIf(hasRealTraefik("our judgement of broken files held against a real Traefik"))(
  "agreement with a real Traefik",
  () => {
    let target: Target & { close(): Promise<void> };
    beforeAll(async () => {
      target = await realTarget();
    });
    afterAll(() => target.close());

    test("files by hand", { timeout: 120_000 }, async () => {
      const changed: string[] = [];
      for (const [yaml, recorded] of files) if ((await loads(target, yaml)) !== recorded) changed.push(yaml);
      expect(changed).toEqual([]);
    });

    test("templates and TOML", { timeout: 60_000 }, async () => {
      const changed: string[] = [];
      for (const [text, recorded] of templates) if ((await loads(target, text)) !== recorded) changed.push(text);
      for (const [text, recorded] of tomls)
        if ((await loads(target, text, "case.toml")) !== recorded) changed.push(text);
      expect(changed).toEqual([]);
    });

    test("a thousand mutations of a file with every field", { timeout: 300_000 }, async () => {
      const seed = Number(process.env["AGREEMENT_SEED"] ?? 20_261_121);
      const random = seeded(seed);
      const parts = slices(everyField());
      const falseFine: string[] = [];
      const falseAlarms: string[] = [];
      const otherStatus: string[] = [];
      let frozen = 0;
      for (let index = 0; index < 1000; index++) {
        const text = mutate(parts[Math.floor(random() * parts.length)] as string, random);
        const real = await loads(target, text);
        const { config } = readDynamicFile(Buffer.from(text));
        if (!real) frozen++;
        if (!real && config !== undefined) falseFine.push(text);
        if (real && config === undefined) falseAlarms.push(text);
        if (real && config !== undefined && JSON.stringify(await statuses(target)) !== JSON.stringify(judged(config)))
          otherStatus.push(text);
      }
      // A run in which nothing froze, or everything did, would prove nothing.
      expect(frozen).toBeGreaterThan(300);
      expect(frozen).toBeLessThan(700);
      expect({ seed, falseFine, otherStatus }).toEqual({ seed, falseFine: [], otherStatus: [] });
      expect(falseAlarms.length).toBeLessThanOrEqual(20);
    });
  },
);

/** The state of every router, as Traefik's API shows it. */
async function statuses(target: Target): Promise<readonly (readonly string[])[]> {
  const raw = (await (await target.fetch("/api/rawdata")).json()) as Readonly<
    Record<string, Readonly<Record<string, { status: string }>>>
  >;
  return sorted(
    ["routers", "tcpRouters", "udpRouters"].flatMap((kind) =>
      Object.entries(raw[kind] ?? {}).map(([name, { status }]) => [kind, name, status]),
    ),
  );
}

/** The same, as we judge it. */
function judged(config: Parameters<ReturnType<typeof createMerger>["add"]>[0]): readonly (readonly string[])[] {
  const merger = createMerger();
  merger.add(config);
  const { http, tcp, udp } = buildRuntime(merger.config, ENTRY_POINTS);
  const kinds = [
    ["routers", http.routers],
    ["tcpRouters", tcp.routers],
    ["udpRouters", udp.routers],
  ] as const;
  return sorted(kinds.flatMap(([kind, items]) => [...items].map(([name, { status }]) => [kind, name, status])));
}

function sorted(rows: readonly (readonly string[])[]): readonly (readonly string[])[] {
  return rows.toSorted((a, b) => (a.join() < b.join() ? -1 : 1));
}
