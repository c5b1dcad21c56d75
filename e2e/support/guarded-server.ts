// An MCP server that asks who calls it, as services on the internet do, and the authorization server it trusts: both real.
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { Provider } from "oidc-provider";
import { request as forward } from "undici";
import { startNew } from "./sdk-servers.ts";

export interface GuardedServer {
  readonly url: string;
  readonly issuer: string;
  /** The token that was used last is worth nothing any more. */
  readonly endToken: () => Promise<void>;
  /** What the person agreed to counts no longer: nothing of it can be renewed. */
  readonly endGrant: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

export async function startGuardedServer(): Promise<GuardedServer> {
  const server = await startNew("stateless");
  const login = await listen();
  const guard = await listen();
  const resource = `${guard.origin}/mcp`;
  const provider = new Provider(login.origin, {
    scopes: ["openid", "offline_access", "notes"],
    issueRefreshToken: () => true,
    // Said, so that it does not say that nobody said it.
    ttl: { AccessToken: 3600, RefreshToken: 3600, Grant: 3600, Session: 3600, Interaction: 3600 },
    findAccount: (_: unknown, id: string) => ({ accountId: id, claims: () => ({ sub: id }) }),
    cookies: { keys: ["a key of this test"] },
    features: {
      registration: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => resource,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({ scope: "notes", audience: resource, accessTokenFormat: "opaque" }),
      },
    },
  });
  login.serve(provider.callback());
  let last: { readonly value: string; readonly grantId: string } | undefined;
  guard.serve((incoming, outgoing) => {
    const { url, method, headers } = incoming;
    if (url === "/.well-known/oauth-protected-resource/mcp") {
      outgoing.setHeader("Content-Type", "application/json");
      const authorization_servers = [login.origin];
      return void outgoing.end(JSON.stringify({ resource, authorization_servers, scopes_supported: ["notes"] }));
    }
    const value = /^Bearer (.+)$/.exec(headers.authorization ?? "")?.[1] ?? "";
    void provider.AccessToken.find(value).then(async (token) => {
      if (token?.isValid !== true) {
        const where = `${guard.origin}/.well-known/oauth-protected-resource/mcp`;
        outgoing.setHeader("WWW-Authenticate", `Bearer error="invalid_token", resource_metadata="${where}"`);
        outgoing.writeHead(401).end();
        return;
      }
      last = { value, grantId: token.grantId };
      const { host: _, authorization: __, connection: ___, ...passed } = headers;
      const hasBody = method === "POST";
      const answer = await forward(server.url, {
        method: hasBody ? "POST" : "GET",
        headers: passed,
        ...(hasBody && { body: incoming }),
      });
      outgoing.writeHead(answer.statusCode, answer.headers);
      answer.body.pipe(outgoing);
    });
  });
  return {
    url: resource,
    issuer: login.origin,
    async endToken() {
      await (await provider.AccessToken.find(last?.value ?? ""))?.destroy();
    },
    async endGrant() {
      await provider.AccessToken.revokeByGrantId(last?.grantId ?? "");
      await provider.RefreshToken.revokeByGrantId(last?.grantId ?? "");
    },
    async stop() {
      await Promise.all([login.stop(), guard.stop(), server.stop()]);
    },
  };
}

/** A port that answers once it is said how: its address has to be known before. */
async function listen() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    serve: (listener: RequestListener) => void server.on("request", listener),
    async stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}
