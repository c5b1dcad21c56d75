import { createSimulatedTraefik } from "@shardgate/traefik-sim";
import { startRealTraefik, type RealTraefik } from "@shardgate/traefik-sim/real";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTraefikClient } from "../client/traefik-client.ts";
import { openHouse, type House } from "../open-house.ts";
import { settingsSchema } from "../settings.ts";
import { CONFIG_PATH } from "../store/served-store.ts";
import { callTool, ENTRY_POINTS } from "./open-target.ts";

/** A shard's inside whose routes a Traefik asks for, with no folder between the two. */
export interface AskingTarget {
  readonly house: House;
  /** Only a real one serves requests. */
  readonly traefik: RealTraefik | undefined;
  /** The directory of Traefik's file provider, where others put files. */
  readonly dynamicDir: string;
  readonly stateDir: string;
  /** What every poll is answered with instead; undefined: by the shard. */
  answer: (() => Response) | undefined;
  /** Times of Traefik's polls, in ms since the epoch. */
  readonly polls: readonly number[];
  call(tool: string, args: Readonly<Record<string, unknown>>): ReturnType<typeof callTool>;
  close(): Promise<void>;
}

const TOKEN = "a-token-for-tests-alone";

/** @param pollInterval `providers.http.pollInterval` in ms */
export async function openAsking(kind: "simulated" | "real", pollInterval: number): Promise<AskingTarget> {
  const folder = mkdtempSync(join(tmpdir(), "traefik-asking-"));
  const stateDir = join(folder, "state");
  const polls: number[] = [];
  let target: AskingTarget | undefined;
  const answerTo = async (request: Request): Promise<Response> => {
    polls.push(Date.now());
    return target?.answer?.() ?? (await target?.house.served?.serve(request)) ?? new Response("", { status: 503 });
  };
  const traefik = await (kind === "real"
    ? startReal(pollInterval, answerTo)
    : simulate(folder, pollInterval, answerTo));
  const opened = openHouse(
    settingsSchema.parse({
      TRAEFIK_PROVIDER: "http",
      TRAEFIK_CONFIG_TOKEN: TOKEN,
      TRAEFIK_API_URL: traefik.apiUrl,
      SHARD_STATE_DIR: stateDir,
      VERIFY_TIMEOUT_MS: "10000",
      ALLOWED_BACKEND_CIDRS: "127.0.0.0/8,10.0.0.0/8",
    }),
  );
  const { fetch } = traefik;
  const client = fetch && createTraefikClient({ baseUrl: traefik.apiUrl, fetch, provider: "http" });
  const house = client === undefined ? opened : { ...opened, client };
  target = {
    house,
    traefik: traefik.real,
    dynamicDir: traefik.dynamicDir,
    stateDir,
    answer: undefined,
    polls,
    call: (tool, args) => callTool(house, tool, args),
    async close() {
      opened.close();
      await traefik.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return target;
}

interface Asking {
  readonly apiUrl: string;
  readonly dynamicDir: string;
  readonly real?: RealTraefik;
  readonly fetch?: (request: Request) => Promise<Response>;
  close(): Promise<void>;
}

async function startReal(pollInterval: number, answerTo: (request: Request) => Promise<Response>): Promise<Asking> {
  const server = createServer((request, response) => {
    void (async () => {
      const headers = new Headers(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
      const asked = new Request(`http://shard${request.url}`, { method: request.method ?? "GET", headers });
      const answer = await answerTo(asked);
      response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text());
    })();
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}${CONFIG_PATH}`;
  const real = await startRealTraefik({
    providers: `  http: {endpoint: "${endpoint}", pollInterval: "${pollInterval}ms", headers: {Authorization: "Bearer ${TOKEN}"}}`,
  });
  return {
    apiUrl: real.apiUrl,
    dynamicDir: real.dynamicDir,
    real,
    async close() {
      await real.stop();
      server.close();
      server.closeAllConnections();
    },
  };
}

function simulate(
  folder: string,
  pollInterval: number,
  answerTo: (request: Request) => Promise<Response>,
): Promise<Asking> {
  const dynamicDir = join(folder, "dynamic");
  mkdirSync(join(dynamicDir, "mcp-managed"), { recursive: true });
  const poll = () => new Request(`http://shard${CONFIG_PATH}`, { headers: { authorization: `Bearer ${TOKEN}` } });
  const traefik = createSimulatedTraefik({
    directory: dynamicDir,
    entryPoints: ENTRY_POINTS,
    throttle: 50,
    http: { fetch: () => answerTo(poll()), pollInterval },
  });
  return Promise.resolve({
    apiUrl: "http://simulated-traefik:8080",
    dynamicDir,
    fetch: (request: Request) => traefik.fetch(request),
    close: () => Promise.resolve(traefik.close()),
  });
}
