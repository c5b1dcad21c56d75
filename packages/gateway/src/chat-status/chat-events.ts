import type { Fetch } from "../core/fetch.ts";
import type { Logger } from "../core/logger.ts";
import type { Timers } from "../core/timers.ts";
import type { OpenWebUiAddress } from "./settings.ts";

/** How long Open WebUI may take for one event, and how often it is said that it takes none, in milliseconds. */
const TIMEOUT_MS = 5_000;
const COMPLAINT_MS = 60_000;

/** A message of a chat. */
export interface ChatPlace {
  readonly chat: string;
  readonly message: string;
}

export interface ChatEventsDeps {
  readonly fetch: Fetch;
  readonly timers: Timers;
  readonly logger: Pick<Logger, "warn">;
  /** As they are now. */
  readonly settings: () => OpenWebUiAddress;
}

/** What the gateway writes into chats of Open WebUI (openwebui §1.5): a call never fails by it. */
export class ChatEvents {
  readonly #deps: ChatEventsDeps;
  #complainAt = 0;

  constructor(deps: ChatEventsDeps) {
    this.#deps = deps;
  }

  get isOn(): boolean {
    return (this.#deps.settings()?.api_key ?? "") !== "";
  }

  /** Shows a line under a message that is being written. Resolves when it is there, or cannot be; never fails. */
  async showStatus({ chat, message }: ChatPlace, description: string, done: boolean): Promise<void> {
    const settings = this.#deps.settings();
    if (settings === undefined) return;
    const path = `api/v1/chats/${encodeURIComponent(chat)}/messages/${encodeURIComponent(message)}/event`;
    const url = new URL(path, settings.url.replace(/\/*$/, "/"));
    try {
      const answer = await this.#deps.fetch(
        new Request(url, {
          method: "POST",
          headers: { Authorization: `Bearer ${settings.api_key}`, "Content-Type": "application/json" },
          body: JSON.stringify({ type: "status", data: { description, done } }),
          redirect: "error",
          signal: AbortSignal.timeout(TIMEOUT_MS),
        }),
      );
      await answer.body?.cancel();
      if (!answer.ok)
        throw new Error(`HTTP ${answer.status}${answer.status === 401 ? "; is api_key one of its keys?" : ""}`);
    } catch (error) {
      this.#complain(settings.url, error as Error);
    }
  }

  #complain(url: string, error: Error): void {
    const now = this.#deps.timers.now();
    if (now < this.#complainAt) return;
    this.#complainAt = now + COMPLAINT_MS;
    const cause = (error.cause as { code?: string } | undefined)?.code;
    this.#deps.logger.warn({ url, error: cause ?? error.message }, "no status shown in Open WebUI");
  }
}
