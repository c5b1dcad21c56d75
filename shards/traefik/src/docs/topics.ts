/** A page of Traefik's documentation, with words that people use for it. */
export interface Topic {
  /** Path below docs/content, without `.md`; the same below the site. */
  readonly path: string;
  readonly words: string;
  /** Part of Traefik Hub, the commercial product; Traefik Proxy does not have it. */
  readonly commercial?: boolean;
}

const HTTP = "reference/routing-configuration/http";
const INSTALL = "reference/install-configuration";

const middleware = (name: string, words: string, commercial = false): Topic => ({
  path: `${HTTP}/middlewares/${name}`,
  words: `middleware ${words}`,
  ...(commercial && { commercial }),
});

/** The pages that matter for routing, not those of Kubernetes and other orchestrators. */
export const topics: readonly Topic[] = [
  {
    path: `${HTTP}/routing/rules-and-priority`,
    words:
      "rule rules matcher host hostregexp path pathprefix header query clientip priority order which wins wildcard",
  },
  { path: `${HTTP}/routing/router`, words: "router http route entrypoints tls certresolver 404" },
  {
    path: `${HTTP}/load-balancing/service`,
    words:
      "service backend loadbalancer load balancer servers url health check healthcheck sticky session weighted mirroring failover 502 503",
  },
  {
    path: `${HTTP}/load-balancing/serverstransport`,
    words: "serverstransport insecureskipverify self-signed backend certificate timeout https backend",
  },
  { path: `${HTTP}/tls/overview`, words: "tls https ssl overview" },
  { path: `${HTTP}/tls/tls-certificates`, words: "certificate certificates own certfile default store" },
  { path: `${HTTP}/tls/tls-options`, words: "tls options minversion cipher mtls client certificate sni strict" },
  { path: `${HTTP}/middlewares/overview`, words: "middlewares overview list" },
  middleware("forwardauth", "auth authentication login authentik authelia sso forward"),
  middleware("basicauth", "auth authentication login password htpasswd basic"),
  middleware("digestauth", "auth authentication digest"),
  middleware("headers", "headers security hsts cors csp frame custom"),
  middleware("ipallowlist", "ip allow list whitelist restrict source range lan only"),
  middleware("ratelimit", "rate limit throttle burst"),
  middleware("inflightreq", "concurrent simultaneous requests limit"),
  middleware("redirectscheme", "redirect http to https scheme"),
  middleware("redirectregex", "redirect regex www"),
  middleware("stripprefix", "strip prefix remove path"),
  middleware("stripprefixregex", "strip prefix regex"),
  middleware("addprefix", "add prefix path"),
  middleware("replacepath", "replace path rewrite"),
  middleware("replacepathregex", "replace path regex rewrite"),
  middleware("compress", "compression gzip brotli"),
  middleware("buffering", "buffering body size upload limit"),
  middleware("circuitbreaker", "circuit breaker"),
  middleware("retry", "retry attempts"),
  middleware("errorpages", "error pages custom"),
  middleware("chain", "chain combine several"),
  middleware("contenttype", "content type"),
  middleware("encodedcharacters", "encoded characters slash"),
  middleware("grpcweb", "grpc web"),
  middleware("passtlsclientcert", "pass tls client certificate"),
  middleware("oidc", "oidc openid connect login", true),
  middleware("jwt", "jwt token", true),
  middleware("ldap", "ldap login", true),
  middleware("apikey", "api key", true),
  middleware("hmac", "hmac", true),
  middleware("opa", "open policy agent", true),
  middleware("waf", "web application firewall", true),
  middleware("distributed-ratelimit", "distributed rate limit", true),
  middleware("oauth2-client-credentials", "oauth2 client credentials", true),
  middleware("oauth2-token-introspection", "oauth2 token introspection", true),
  { path: "reference/routing-configuration/tcp/routing/rules-and-priority", words: "tcp rule hostsni alpn priority" },
  { path: "reference/routing-configuration/tcp/routing/router", words: "tcp router database passthrough" },
  { path: "reference/routing-configuration/tcp/service", words: "tcp service servers address proxy protocol" },
  { path: "reference/routing-configuration/tcp/tls", words: "tcp tls passthrough" },
  { path: "reference/routing-configuration/udp/routing/router", words: "udp router" },
  { path: "reference/routing-configuration/udp/service", words: "udp service" },
  {
    path: "reference/routing-configuration/dynamic-configuration-methods",
    words: "dynamic configuration methods file labels",
  },
  {
    path: "reference/routing-configuration/other-providers/file",
    words: "file dynamic configuration yaml reference all options",
  },
  { path: "reference/routing-configuration/other-providers/docker", words: "docker labels container" },
  {
    path: `${INSTALL}/entrypoints`,
    words: "entrypoint entrypoints port address redirect asdefault forwarded headers trustedips",
  },
  { path: `${INSTALL}/providers/others/file`, words: "file provider directory watch reload template nfs" },
  { path: `${INSTALL}/providers/others/http`, words: "http provider poll endpoint" },
  { path: `${INSTALL}/providers/docker`, words: "docker provider socket exposedbydefault network" },
  { path: `${INSTALL}/providers/overview`, words: "providers overview throttle" },
  {
    path: `${INSTALL}/tls/certificate-resolvers/acme`,
    words: "acme lets encrypt letsencrypt certificate resolver dns challenge wildcard renew",
  },
  { path: `${INSTALL}/tls/certificate-resolvers/overview`, words: "certificate resolvers overview" },
  { path: `${INSTALL}/tls/certificate-resolvers/tailscale`, words: "tailscale certificate" },
  { path: `${INSTALL}/api-dashboard`, words: "api dashboard insecure" },
  { path: `${INSTALL}/observability/logs-and-accesslogs`, words: "logs access log debug level" },
  { path: `${INSTALL}/observability/metrics`, words: "metrics prometheus" },
  { path: `${INSTALL}/observability/tracing`, words: "tracing opentelemetry" },
  { path: `${INSTALL}/observability/healthcheck`, words: "ping healthcheck traefik itself" },
  { path: "migrate/v2-to-v3", words: "migrate migration upgrade v2 v3" },
  { path: "migrate/v3", words: "migrate migration upgrade minor 3.x breaking" },
  { path: "getting-started/faq", words: "faq 404 why" },
  { path: "getting-started/configuration-overview", words: "static dynamic configuration overview" },
  { path: "setup/docker", words: "setup docker compose install" },
];

/** Topics that fit a query, best first. A path, whole or its last part, fits exactly. */
export function findTopics(query: string): readonly Topic[] {
  const text = query
    .toLowerCase()
    .trim()
    .replace(/\.md$/, "")
    .replace(/^\/+|\/+$/g, "");
  const exact = topics.find(({ path }) => path === text);
  if (exact !== undefined) return [exact];
  const tokens = text.split(/[^a-z0-9]+/).filter((token) => token.length > 1);
  const scored = topics.map((topic) => ({ topic, score: scoreOf(topic, tokens, text) }));
  return scored
    .filter(({ score }) => score > 0)
    .toSorted((a, b) => b.score - a.score)
    .map(({ topic }) => topic);
}

function scoreOf({ path, words, commercial }: Topic, tokens: readonly string[], text: string): number {
  const last = path.split("/").at(-1) as string;
  const known = new Set([...words.split(" "), ...path.split(/[/-]/)]);
  let score = last === text.replace(/[^a-z0-9-]/g, "") ? 10 : 0;
  for (const token of tokens) {
    if (last.replaceAll("-", "") === token) score += 6;
    else if (known.has(token) || known.has(token.replace(/s$/, ""))) score += 3;
    else if ([...known].some((word) => word.length > 3 && (word.startsWith(token) || token.startsWith(word))))
      score += 1;
  }
  // What Traefik Proxy does not have comes after what it has.
  return commercial === true ? score - 1 : score;
}
