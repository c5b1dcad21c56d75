// The real Open WebUI as a process, driven through its API (openwebui §3).
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../../support/ports.ts";
import type { Json } from "../model/outcome.ts";
import type { Wanted } from "./language-model.ts";

const START_PATIENCE_MS = 90_000;
const MODEL = "scripted";

/** One call as the chat keeps it. */
export interface ChatCall {
  readonly name: string;
  readonly status: string;
  /** Texts that the language model was given. */
  readonly text: string;
  readonly images: number;
  readonly embeds: number;
}

export interface OpenWebUi {
  readonly url: string;
  /** Says that one is its administrator. */
  readonly token: string;
  /** Ids of the tool servers that every model has without a click. */
  readonly defaultTools: () => Promise<readonly string[]>;
  /** What it offers of one server, by name. */
  readonly tools: () => Promise<readonly string[]>;
  /** One message of a user that has the language model call tools of these servers. */
  readonly ask: (servers: readonly string[], wanted: readonly Wanted[]) => Promise<readonly ChatCall[]>;
  /** The same; gives the lines that the chat showed meanwhile. */
  readonly statuses: (servers: readonly string[], wanted: readonly Wanted[]) => Promise<readonly string[]>;
  /** A chat in which each message does that. */
  readonly converse: (servers: readonly string[]) => (wanted: readonly Wanted[]) => Promise<readonly ChatCall[]>;
  readonly output: () => string;
  readonly stop: () => Promise<void>;
}

export interface OpenWebUiOptions {
  readonly program: string;
  /** The language model's address. */
  readonly model: string;
  /** Values of TOOL_SERVER_CONNECTIONS and DEFAULT_MODEL_METADATA. */
  readonly connections: readonly Json[];
  readonly metadata: Json;
  readonly env?: Readonly<Record<string, string>>;
}

/** What keeps it from the network, and from what a test has no use for. */
const QUIET = {
  USE_SLIM_DOCKER: "true",
  OFFLINE_MODE: "true",
  HF_HUB_OFFLINE: "1",
  RAG_EMBEDDING_ENGINE: "openai",
  BYPASS_EMBEDDING_AND_RETRIEVAL: "true",
  WEBUI_AUTH: "False",
  WEBUI_SECRET_KEY: "test",
  ENABLE_OLLAMA_API: "False",
  ENABLE_PERSISTENT_CONFIG: "False",
  ENABLE_VERSION_UPDATE_CHECK: "False",
  ENABLE_TITLE_GENERATION: "False",
  ENABLE_TAGS_GENERATION: "False",
  ENABLE_FOLLOW_UP_GENERATION: "False",
  ENABLE_AUTOCOMPLETE_GENERATION: "False",
  ANONYMIZED_TELEMETRY: "False",
  DO_NOT_TRACK: "true",
  SCARF_NO_ANALYTICS: "true",
} as const;

/** Starts it on a free port with data of its own. @throws Error with its last words */
export async function startOpenWebUi(options: OpenWebUiOptions): Promise<OpenWebUi> {
  const folder = mkdtempSync(join(tmpdir(), "open-webui-"));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(options.program, ["serve", "--host", "127.0.0.1", "--port", String(port)], {
    cwd: folder,
    env: {
      PATH: process.env["PATH"],
      HOME: folder,
      DATA_DIR: join(folder, "data"),
      ...QUIET,
      OPENAI_API_BASE_URL: options.model,
      OPENAI_API_KEY: "sk-local",
      TOOL_SERVER_CONNECTIONS: JSON.stringify(options.connections),
      DEFAULT_MODEL_METADATA: JSON.stringify(options.metadata),
      ...options.env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-100_000)));
  }
  const ended = once(child, "exit");
  const stop = async (): Promise<void> => {
    child.kill("SIGKILL");
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const giveUp = Date.now() + START_PATIENCE_MS;
    while (!(await isHealthy(url))) {
      if (Date.now() > giveUp || child.exitCode !== null)
        throw new Error(`Open WebUI is not up:\n${said.slice(-3000)}`);
      await sleep(200);
    }
    const { token } = (await call(url, "/api/v1/auths/signin", "", { email: "", password: "" })) as { token: string };
    const get = (path: string): Promise<unknown> => call(url, path, token);
    return {
      url,
      token,
      statuses: async (servers, wanted) =>
        (await ask(url, token, { servers, wanted, chat: undefined, parent: null })).statuses,
      async defaultTools() {
        const { data } = (await get("/api/models")) as {
          data: { id: string; info?: { meta?: { toolIds?: string[] } } }[];
        };
        return data.find(({ id }) => id === MODEL)?.info?.meta?.toolIds ?? [];
      },
      tools: async () => ((await get("/api/v1/tools/")) as { id: string }[]).map(({ id }) => id),
      ask: (servers, wanted) => converse(url, token, servers)(wanted),
      converse: (servers) => converse(url, token, servers),
      output: () => said,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

const isHealthy = (url: string): Promise<boolean> =>
  fetch(`${url}/health`, { signal: AbortSignal.timeout(2_000) }).then(
    ({ ok }) => ok,
    () => false,
  );

async function call(url: string, path: string, token: string, body?: object): Promise<unknown> {
  const response = await fetch(url + path, {
    method: body === undefined ? "GET" : "POST",
    headers: { "Content-Type": "application/json", ...(token !== "" && { Authorization: `Bearer ${token}` }) },
    body: body === undefined ? null : JSON.stringify(body),
    signal: AbortSignal.timeout(60_000),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path}: HTTP ${response.status} ${text.slice(0, 500)}`);
  return JSON.parse(text || "null");
}

interface Output {
  readonly type: string;
  readonly name?: string;
  readonly call_id?: string;
  readonly status?: string;
  readonly output?: readonly { readonly type: string; readonly text?: string }[];
  readonly embeds?: readonly unknown[];
}

interface Answer {
  readonly output?: readonly Output[];
  readonly statusHistory?: readonly { readonly description: string; readonly done: boolean }[];
}

function converse(url: string, token: string, servers: readonly string[]) {
  let chat: string | undefined;
  let last: string | null = null;
  return async (wanted: readonly Wanted[]): Promise<readonly ChatCall[]> => {
    const said = await ask(url, token, { servers, wanted, chat, parent: last });
    chat = said.chat;
    last = said.message;
    return said.calls;
  };
}

interface Question {
  readonly servers: readonly string[];
  readonly wanted: readonly Wanted[];
  /** The chat it is asked in; a new one where it is undefined. */
  readonly chat: string | undefined;
  /** The message it follows. */
  readonly parent: string | null;
}

async function ask(url: string, token: string, { servers, wanted, chat: known, parent }: Question) {
  const content = JSON.stringify(wanted);
  const [user, assistant] = [randomUUID(), randomUUID()];
  const timestamp = Math.floor(Date.now() / 1000);
  const question = {
    id: user,
    role: "user",
    content,
    parentId: parent,
    childrenIds: [assistant],
    timestamp,
    models: [MODEL],
  };
  const reply = {
    id: assistant,
    role: "assistant",
    content: "",
    parentId: user,
    childrenIds: [],
    model: MODEL,
    done: false,
    timestamp,
  };
  const history = { currentId: assistant, messages: { [user]: question, [assistant]: reply } };
  const made = known === undefined ? { chat: { title: "e2e", models: [MODEL], history } } : undefined;
  const id = known ?? ((await call(url, "/api/v1/chats/new", token, made)) as { id: string }).id;
  await call(url, "/api/chat/completions", token, {
    model: MODEL,
    messages: [{ role: "user", content }],
    stream: true,
    chat_id: id,
    id: assistant,
    parent_id: user,
    user_message: question,
    tool_ids: servers,
    features: {},
    params: { function_calling: "native" },
    background_tasks: { title_generation: false, tags_generation: false, follow_up_generation: false },
  });
  const { chat } = (await call(url, `/api/v1/chats/${id}`, token)) as {
    chat: { history: { messages: Record<string, Answer> } };
  };
  const { output = [], statusHistory = [] } = chat.history.messages[assistant] ?? {};
  const calls = output
    .filter(({ type }) => type === "function_call")
    .map(({ name = "", call_id }): ChatCall => {
      const given = output.find((one) => one.type === "function_call_output" && one.call_id === call_id);
      const parts = given?.output ?? [];
      return {
        name,
        status: given?.status ?? "none",
        text: parts.flatMap(({ type, text = "" }) => (type === "input_text" ? [text] : [])).join(""),
        images: parts.filter(({ type }) => type === "input_image").length,
        embeds: given?.embeds?.length ?? 0,
      };
    });
  const statuses = statusHistory.map(({ description, done }) => `${description}${done ? " ." : ""}`);
  return { chat: id, message: assistant, calls, statuses };
}
