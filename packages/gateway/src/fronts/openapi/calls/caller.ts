import { ActiveList, type Era, type HttpReply, type HttpRequest, Message } from "@shardgate/mcp-wire";
import type { GatewayError } from "../../../core/errors.ts";
import type { Gateway } from "../../../gateway.ts";
import type { Operation } from "../operation.ts";
import { readArguments } from "./arguments.ts";
import { ENVELOPE, RestCall } from "./rest-call.ts";
import { shapeError, shapeRpcError } from "./shape-error.ts";
import { failure, type Shaped, shapeResult } from "./shape-result.ts";
import { WaitingCall } from "./waiting-call.ts";

/** Most bytes that the arguments of a call may have. */
const BODY_LIMIT = 4 * 1024 * 1024;

const FRONT = "openapi";

/** A tool that can be called: what it takes, and the request for it but for id and arguments. */
export interface Target {
  readonly gateway: Gateway;
  readonly upstream: string;
  readonly operation: Operation;
  /** The bytes of the request between its id and its arguments, in the words of each era. */
  readonly middle: Readonly<Record<Era, Buffer>>;
}

/** @param called name of the tool that is called, where that is not the operation's */
export function targetOf(
  gateway: Gateway,
  upstream: string,
  operation: Operation,
  called: string = operation.name,
): Target {
  const name = JSON.stringify(called);
  const words = (meta: string) => Buffer.from(`,"method":"tools/call","params":{"name":${name},${meta}"arguments":`);
  return { gateway, upstream, operation, middle: { modern: words(`"_meta":${ENVELOPE},`), legacy: words("") } };
}

const HEAD = Buffer.from('{"jsonrpc":"2.0","id":');
const END = Buffer.from("}}");

export interface CallerDeps {
  readonly onBug: (error: unknown) => void;
  /** Clock in milliseconds. */
  readonly now: () => number;
  /** How long a call may be silent, in milliseconds. */
  readonly keepAlive: () => number;
}

/** Turns POSTs into calls of tools, and what comes back into answers. */
export class Caller {
  readonly #onBug: (error: unknown) => void;
  readonly #now: () => number;
  readonly #keepAlive: () => number;
  readonly #active = new ActiveList<Waiting>();
  #ids = 0;

  constructor({ onBug, now, keepAlive }: CallerDeps) {
    this.#onBug = onBug;
    this.#now = now;
    this.#keepAlive = keepAlive;
  }

  get active(): number {
    return this.#active.size;
  }

  /** Calls a tool; every outcome goes to `reply`, with `headers` besides its own. */
  call(target: Target, request: HttpRequest, reply: HttpReply, headers: Readonly<Record<string, string>>): void {
    const call = new RestCall(request, target.gateway.eraOf(target.upstream) ?? "modern");
    const waiting: Waiting = { call, reply: new WaitingCall(reply, headers, this.#now() + this.#keepAlive()) };
    this.#active.add(waiting);
    reply.onGone(() => call.cancellation.cancel(new Error("the client closed the connection")));
    this.#run(target, request, call)
      .catch((error: unknown) => this.#failure(error))
      .then((shaped) => {
        this.#active.remove(waiting);
        waiting.reply.answer(shaped);
      })
      .catch(this.#onBug);
  }

  /** To be called every few seconds: keeps silent calls alive. */
  tick(): void {
    for (const { reply } of this.#active) reply.keepAlive(this.#now());
  }

  /** Answers what is under way with an error, and tells whoever works on it. */
  abort(error: GatewayError): void {
    const shaped = shapeError(error) as Shaped;
    for (const { call, reply } of this.#active) {
      reply.answer(shaped);
      call.cancellation.cancel(error);
    }
  }

  async #run({ gateway, upstream, operation, middle }: Target, request: HttpRequest, call: RestCall): Promise<Shaped> {
    const body = await request.body(BODY_LIMIT);
    const given = await readArguments(operation, request.header("content-type"), body);
    const id = Buffer.from(String(++this.#ids));
    const message = Message.parse(Buffer.concat([HEAD, id, middle[call.era], given, END]));
    const response = await gateway.relay(upstream, message, call, FRONT);
    if (response.isError) return shapeRpcError(response.outcome);
    return shapeResult(response.outcome, takesHtml(request.header("accept")));
  }

  #failure(error: unknown): Shaped {
    const shaped = shapeError(error);
    if (shaped !== undefined) return shaped;
    this.#onBug(error);
    return failure(500, "Internal error; the gateway's log has it");
  }
}

interface Waiting {
  readonly call: RestCall;
  readonly reply: WaitingCall;
}

/** Whether the client takes a page as well as JSON; one that asks for JSON alone gets JSON. */
function takesHtml(accept: string | undefined): boolean {
  return accept === undefined || /text\/(html|\*)|\*\/\*/.test(accept);
}
