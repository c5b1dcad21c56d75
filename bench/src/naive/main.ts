// The naive forwarder: parses the message, renames the tool, serialises it again, passes it on by node:http.
// Usage: node main.ts <upstream port>. It keeps the path, so one process serves both eras.
import { Agent, createServer, request as send } from "node:http";
import type { AddressInfo } from "node:net";

const agent = new Agent({ keepAlive: true });
const port = Number(process.argv[2]);

const server = createServer({ keepAliveTimeout: 120_000 }, (request, response) => {
  if (request.method === "GET") {
    response.end("ok");
    return;
  }
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const message = JSON.parse(Buffer.concat(chunks).toString()) as { method: string; params: { name: string } };
    const headers = { ...request.headers };
    if (message.method === "tools/call") {
      message.params.name = message.params.name.slice(message.params.name.indexOf("__") + 2);
      if (headers["mcp-name"]) headers["mcp-name"] = message.params.name;
    }
    const body = JSON.stringify(message);
    const outgoing = { ...headers, host: `127.0.0.1:${port}`, "content-length": Buffer.byteLength(body) };
    const upstream = send(
      { agent, port, host: "127.0.0.1", method: "POST", path: request.url!, headers: outgoing },
      (answer) => {
        response.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(response);
      },
    );
    upstream.on("error", (error) => response.writeHead(502).end(error.message));
    upstream.end(body);
  });
});
server.listen(0, "127.0.0.1", () => process.send!({ port: (server.address() as AddressInfo).port }));
process.on("disconnect", () => process.exit());
