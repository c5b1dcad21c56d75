import { startRealTraefik, type RealTraefik } from "@shardgate/traefik-sim/real";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openHouse, type House } from "../open-house.ts";
import { settingsSchema } from "../settings.ts";
import { CONFIG_PATH } from "../store/served-store.ts";
import { callTool } from "./open-target.ts";

/** A shard's inside whose routes a real Traefik asks for, with no folder between the two. */
export interface AskingTarget {
  readonly house: House;
  readonly traefik: RealTraefik;
  readonly stateDir: string;
  /** What every poll is answered with instead; undefined: by the shard. */
  answer: (() => Response) | undefined;
  /** Times of Traefik's polls, in ms since the epoch. */
  readonly polls: readonly number[];
  call(tool: string, args: Readonly<Record<string, unknown>>): ReturnType<typeof callTool>;
  close(): Promise<void>;
}

export const TOKEN = "a-token-for-tests-alone";

/** @param pollInterval Traefik's `providers.http.pollInterval`, as Go writes a duration */
export async function openAsking(
  pollInterval: string,
  env: Readonly<Record<string, string>> = {},
): Promise<AskingTarget> {
  const folder = mkdtempSync(join(tmpdir(), "traefik-asking-"));
  const stateDir = join(folder, "state");
  const polls: number[] = [];
  let target: AskingTarget | undefined;
  const server = createServer((request, response) => {
    void (async () => {
      polls.push(Date.now());
      const headers = new Headers(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
      const asked = new Request(`http://shard${request.url}`, { method: request.method ?? "GET", headers });
      const answer =
        target?.answer?.() ?? (await target?.house.served?.serve(asked)) ?? new Response("", { status: 503 });
      response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text());
    })();
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}${CONFIG_PATH}`;
  const traefik = await startRealTraefik({
    providers: `  http: {endpoint: "${endpoint}", pollInterval: "${pollInterval}", headers: {Authorization: "Bearer ${TOKEN}"}}`,
  });
  const house = openHouse(
    settingsSchema.parse({
      TRAEFIK_PROVIDER: "http",
      TRAEFIK_CONFIG_TOKEN: TOKEN,
      TRAEFIK_API_URL: traefik.apiUrl,
      SHARD_STATE_DIR: stateDir,
      VERIFY_TIMEOUT_MS: "10000",
      ALLOWED_BACKEND_CIDRS: "127.0.0.0/8,10.0.0.0/8",
      ...env,
    }),
  );
  target = {
    house,
    traefik,
    stateDir,
    answer: undefined,
    polls,
    call: (tool, args) => callTool(house, tool, args),
    async close() {
      house.close();
      await traefik.stop();
      server.close();
      server.closeAllConnections();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return target;
}
