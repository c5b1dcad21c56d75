import type { Fetch } from "@shardgate/shard-sdk/http";

/** What the fake answers at a path: data as JSON, or a whole response. */
export type Answers = Readonly<Record<string, object | Response | ((request: Request) => object)>>;

/** A stand-in for Dozzle in tests: answers what it is told to, and 404 to everything else. */
export const fakeService =
  (answers: Answers): Fetch =>
  async (request) => {
    const found = answers[new URL(request.url).pathname];
    const answer = typeof found === "function" ? found(request) : found;
    if (answer === undefined) return new Response("not found", { status: 404 });
    return answer instanceof Response ? (typeof found === "function" ? answer : answer.clone()) : Response.json(answer);
  };

/** Dozzle when it is switched off. */
export const goneService: Fetch = () => Promise.reject(new Error("connection refused"));
