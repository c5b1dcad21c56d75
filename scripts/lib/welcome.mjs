const modern = "2026-07-28";

/**
 * A request that works as it is pasted: one message of the current protocol revision, which needs no session.
 * @param {string} base
 * @param {string} method
 * @param {Record<string, unknown>} [params]
 */
function curl(base, method, params = {}) {
  const name = typeof params.name === "string" ? ` -H 'mcp-name: ${params.name}'` : "";
  const _meta = { "io.modelcontextprotocol/protocolVersion": modern, "io.modelcontextprotocol/clientCapabilities": {} };
  const message = { jsonrpc: "2.0", id: 1, method, params: { ...params, _meta } };
  return [
    `curl -s ${base}/mcp -H 'content-type: application/json' -H 'accept: application/json, text/event-stream' \\`,
    `  -H 'mcp-protocol-version: ${modern}' -H 'mcp-method: ${method}'${name} \\`,
    `  -d '${JSON.stringify(message)}'`,
  ].join("\n    ");
}

/**
 * What a person reads when the house is up: the addresses to give to a client, and lines to paste.
 * @param {{ base: string, isSimulated: boolean }} house
 */
export function welcome({ base, isSimulated }) {
  const time = { name: "time__current_time", arguments: { zones: ["Europe/Berlin"] } };
  const routes = { name: "traefik__list_routes", arguments: {} };
  return `
  Shardgate is up.

    ${base}/mcp                    every tool: the address to give to a client
    ${base}/servers/time/mcp       one shard's tools, under their own names
    ${base}/servers/traefik/mcp
    ${base}/health                 what is up
${isSimulated ? "\n  Traefik is simulated; TRAEFIK_API_URL and TRAEFIK_DYNAMIC_DIR switch to yours.\n" : ""}
  Try it:

    curl -s ${base}/health

    ${curl(base, "tools/list")}

    ${curl(base, "tools/call", time)}

    ${curl(base, "tools/call", routes)}

  Ctrl-C stops everything.
`;
}
