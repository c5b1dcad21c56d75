import type { ListedTool, ServerDescription } from "@shardgate/mcp-wire";
import type { Access } from "../../../access/api-key.ts";
import type { Gateway } from "../../../gateway.ts";
import { offeredTools } from "../offered-tools.ts";
import { operationOf } from "../operation.ts";
import type { OpenApiSettings } from "../settings.ts";
import { aggregateDocument, type DocumentOptions, segment, serverDocument, type ServerPart } from "./document.ts";
import { Served } from "./served.ts";

export interface DocumentsDeps {
  readonly gateway: Gateway;
  readonly settings: () => OpenApiSettings;
  readonly access: Pick<Access, "isAsked">;
  readonly version: string;
}

/** What a document was made from; another tool list or another description is another object. */
type Source = readonly (readonly ListedTool[] | ServerDescription | OpenApiSettings | string | boolean | undefined)[];

interface Kept {
  readonly source: Source;
  readonly served: Served;
}

const JSON_TYPE = "application/json";

/**
 * The documents, each made once for what it shows and kept until that changes. Nothing is made for a front that nobody
 * asks; once somebody did, a change makes the documents anew at once, so that the next request finds them.
 */
export class Documents {
  readonly #deps: DocumentsDeps;
  readonly #servers = new Map<string, Kept>();
  #all: Kept | undefined;

  constructor(deps: DocumentsDeps) {
    this.#deps = deps;
  }

  /** The document of one upstream; at the root where it is the only one. */
  server(name: string): Served {
    const kept = this.#servers.get(name);
    const source = [this.#deps.settings(), this.#deps.access.isAsked, ...this.#sourceOf(name)];
    if (kept !== undefined && isSame(kept.source, source)) return kept.served;
    const served = this.#make(serverDocument(this.#part(name), this.#serverOptions(name)));
    this.#servers.set(name, { source, served });
    return served;
  }

  /** The document of all upstreams. */
  all(): Served {
    const names = this.#names();
    const source = [this.#deps.settings(), this.#deps.access.isAsked, ...names.flatMap((name) => this.#sourceOf(name))];
    if (this.#all !== undefined && isSame(this.#all.source, source)) return this.#all.served;
    const served = this.#make(
      aggregateDocument(
        names.map((name) => this.#part(name)),
        this.#options(),
      ),
    );
    this.#all = { source, served };
    return served;
  }

  /** To be called when upstreams or their tools changed: makes anew what was asked for before, and drops what is gone. */
  refresh(): void {
    for (const name of this.#servers.keys()) {
      if (this.#deps.gateway.hasUpstream(name)) this.server(name);
      else this.#servers.delete(name);
    }
    if (this.#all !== undefined) this.all();
  }

  #make(document: object): Served {
    const served = new Served(Buffer.from(JSON.stringify(document)), JSON_TYPE);
    // Who asked for it has it first, and the threads that compress it do not share the processors with the answer.
    setImmediate(() => served.prepare());
    return served;
  }

  /** In an order of its own, so that the document is the same after a restart. */
  #names(): string[] {
    return [...this.#deps.gateway.upstreams()].toSorted();
  }

  #sourceOf(name: string): Source {
    const { gateway } = this.#deps;
    return [name, offeredTools(gateway, name), gateway.describe(name)];
  }

  #part(name: string): ServerPart {
    const { gateway } = this.#deps;
    const operations = offeredTools(gateway, name)
      .filter(({ name: tool }) => tool !== "")
      .map(operationOf);
    return { name, operations, description: gateway.describe(name)?.instructions || undefined };
  }

  #serverOptions(name: string): DocumentOptions {
    const { gateway } = this.#deps;
    const settings = this.#deps.settings();
    const description = gateway.describe(name);
    const info = description === undefined ? {} : (JSON.parse(description.serverInfo) as Record<string, unknown>);
    const title = String(info["name"] ?? name);
    const url =
      settings.single === name ? settings.root_path : `${settings.root_path}${settings.path_prefix}${segment(name)}`;
    return {
      ...this.#options(),
      url,
      info: {
        title,
        description: description?.instructions || `${title} MCP Server`,
        version: String(info["version"] ?? "0"),
      },
    };
  }

  #options(): DocumentOptions {
    const { version, access } = this.#deps;
    const settings = this.#deps.settings();
    const { title, description, operationIds } = settings;
    const url = `${settings.root_path}${settings.path_prefix}`.replace(/\/$/, "");
    return {
      info: { title, description, version: settings.version ?? version },
      url,
      operationIds,
      isKeyAsked: access.isAsked,
    };
  }
}

function isSame(before: Source, after: Source): boolean {
  return before.length === after.length && before.every((part, index) => part === after[index]);
}
