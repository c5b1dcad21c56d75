import type { HttpReply, HttpRequest } from "@shardgate/mcp-wire";
import { failure } from "./calls/shape-result.ts";
import { Served } from "./documents/served.ts";
import { referencePage } from "./pages/reference-page.ts";
import { isSwaggerFile, swaggerFile, swaggerPage } from "./pages/swagger-ui.ts";

export interface SiteDeps {
  readonly title: () => string;
  readonly document: () => Served;
  /** What the server says of its use. */
  readonly instructions: () => string | undefined;
  readonly onBug: (error: unknown) => void;
}

type Page = (request: HttpRequest, reply: HttpReply, headers: Readonly<Record<string, string>>) => void;

/** What can be read in the folder of one document: itself, its pages, and what Open WebUI asks there. */
export class Site {
  readonly #deps: SiteDeps;
  /** Made for one version of the document, and kept with it. */
  readonly #references = new WeakMap<Served, Served>();

  constructor(deps: SiteDeps) {
    this.#deps = deps;
  }

  /** How to serve what is at `path` of the folder; undefined where nothing is. */
  page(path: string): Page | undefined {
    if (path === "/openapi.json") return this.#send(() => this.#deps.document());
    if (path === "/docs") return this.#send(() => swaggerPage(this.#deps.title()));
    if (path === "/redoc") return this.#send(() => this.#reference());
    // Open WebUI's page adds the prompt it finds here to what it tells the model (openwebui §1.2).
    if (path === "/api/config") return this.#send(() => json({ features: { system: this.#prompt() !== undefined } }));
    if (path === "/system") return this.#send(() => json({ prompt: this.#prompt() ?? "" }));
    const file = path.startsWith("/docs/") ? path.slice("/docs/".length) : "";
    return isSwaggerFile(file) ? this.#file(file) : undefined;
  }

  #send(find: () => Served): Page {
    return (request, reply, headers) => find().send(request, reply, headers);
  }

  #file(name: string): Page {
    return (request, reply, headers) => {
      swaggerFile(name)
        .then((file) => file.send(request, reply, headers))
        .catch((error: unknown) => {
          this.#deps.onBug(error);
          const { status, type, body } = failure(500, "Swagger UI is not installed; /redoc shows the tools without it");
          reply.send(status, { ...headers, "Content-Type": type }, body);
        });
    };
  }

  #reference(): Served {
    const document = this.#deps.document();
    let page = this.#references.get(document);
    if (page === undefined) this.#references.set(document, (page = referencePage(document.body)));
    return page;
  }

  #prompt(): string | undefined {
    return this.#deps.instructions() || undefined;
  }
}

function json(value: object): Served {
  return new Served(Buffer.from(JSON.stringify(value)), "application/json");
}
