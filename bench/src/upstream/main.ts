// The upstream process: POST /<era>/<any name>/mcp, on raw node:http. Tells its parent the port.
// Usage: node main.ts <tools>
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createAnswers, type Request } from "./answers.ts";

const answers = createAnswers(Number(process.argv[2] ?? 10), randomUUID);

const server = createServer({ keepAliveTimeout: 120_000, requestTimeout: 0 }, (request, response) => {
  const era = request.url!.startsWith("/modern/") ? "modern" : "legacy";
  if (request.method !== "POST") {
    response.writeHead(request.method === "DELETE" ? 200 : 405).end();
    return;
  }
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const message = JSON.parse((chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)).toString()) as Request;
    const reply = answers.answer(era, message, request.headers["mcp-session-id"] as string | undefined);
    if (reply.body === undefined) {
      response.writeHead(reply.status).end();
      return;
    }
    response.writeHead(reply.status, {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(reply.body),
      ...(reply.session === undefined ? {} : { "mcp-session-id": reply.session }),
    });
    response.end(reply.body);
  });
});
server.listen(0, "127.0.0.1", () => process.send!({ port: (server.address() as AddressInfo).port }));
process.on("disconnect", () => process.exit());
