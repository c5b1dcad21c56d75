import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";

/** V8 settles how many properties objects of a class hold in themselves with the seventh (`kSlackTrackingCounterStart`). */
const SETTLED = 7;

/**
 * Has V8 settle the layout of requests and responses, of which it then makes all others.
 *
 * It takes as many properties as it knows objects of the class to have at that moment, and forgets that with a collection
 * while none is alive. What has no room is kept outside the object, and where that is more than twelve
 * (`kFastPropertiesSoftLimit`), Node's symbols turn each request and response into a hash table. A gateway that collected
 * between its first few requests, as one with a large catalog does, would spend a quarter more on every call as long as it
 * lives. Seven that are alive together leave nothing to chance.
 */
export function settleShapes(): void {
  const alive = Array.from({ length: SETTLED }, () => new ServerResponse(new IncomingMessage(new Socket())));
  for (const response of alive) response.req.destroy();
}
