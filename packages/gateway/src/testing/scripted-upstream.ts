import {
  type Exchange,
  type ListedTool,
  type ListKind,
  type Lists,
  NO_LISTS,
  UpstreamError,
} from "@shardgate/mcp-wire";
import type { Checkup, ReadLists, Upstream, UpstreamProfile } from "../upstreams/upstream.ts";
import { OK } from "./calls.ts";

export function listedTool(name: string): ListedTool {
  const bytes = Buffer.from(JSON.stringify({ name, inputSchema: { type: "object" } }));
  return { name, modern: bytes, legacy: bytes };
}

/** An upstream that does what a test says, and remembers what was asked of it. */
export class ScriptedUpstream implements Upstream {
  name: string | undefined;
  tools: readonly ListedTool[] = [listedTool("now")];
  otherLists: Partial<Lists> = {};
  /** Answers nothing and refuses nothing. */
  isHung = false;
  isDown = false;
  checkup: Checkup = {};
  announces = false;
  readonly asked: string[] = [];
  isClosed = false;
  exchange: Exchange = async () => OK;
  #onChange: ((list: ListKind) => void) | undefined;
  #onEnd: ((reason: Error) => void) | undefined;

  async connect(): Promise<UpstreamProfile> {
    await this.#answer("connect");
    const description = { serverInfo: '{"name":"x","version":"2"}', capabilities: "{}", instructions: undefined };
    return {
      description,
      lists: this.lists,
      problems: [],
      version: "2",
      ...(this.name !== undefined && { name: this.name }),
    };
  }

  async check(): Promise<Checkup> {
    await this.#answer("check");
    return this.checkup;
  }

  get lists(): Lists {
    return { ...NO_LISTS, tools: this.tools, ...this.otherLists };
  }

  async readLists(): Promise<ReadLists> {
    await this.#answer("list");
    return { lists: this.lists, problems: [] };
  }

  notify(): void {
    this.asked.push("notify");
  }

  async watchResources(): Promise<undefined> {
    // It has none that change.
  }

  watch(onChange: (list: ListKind) => void, onEnd: (reason: Error) => void): (() => void) | undefined {
    if (!this.announces) return undefined;
    this.asked.push("watch");
    this.#onChange = onChange;
    this.#onEnd = onEnd;
    return () => this.asked.push("unwatch");
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }

  announce(): void {
    this.#onChange?.("tools");
  }

  breakStream(reason: Error): void {
    this.#onEnd?.(reason);
  }

  count(what: string): number {
    return this.asked.filter((asked) => asked === what).length;
  }

  #answer(what: string): Promise<void> {
    this.asked.push(what);
    if (this.isHung) return new Promise(() => undefined);
    if (this.isDown)
      return Promise.reject(new UpstreamError("unavailable", "it cannot be reached (ECONNREFUSED)", { sent: false }));
    return Promise.resolve();
  }
}
