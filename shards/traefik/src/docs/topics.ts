import type { DocsPage } from "@shardgate/shard-sdk/docs";
import { bundled } from "./bundled.ts";

const HUB = "Traefik Hub only (commercial): Traefik Proxy does not have this.";
const HTTP = "reference/routing-configuration/http";
const INSTALL = "reference/install-configuration";

const middleware = (name: string, words: string, commercial = false): DocsPage => ({
  path: `${HTTP}/middlewares/${name}`,
  words: `middleware ${words}`,
  ...(commercial && { note: HUB }),
});

/** The pages that matter for routing, not those of Kubernetes and other orchestrators. */
const pages: readonly DocsPage[] = [
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

/** The same, with our own texts for when they cannot be had. */
export const topics: readonly DocsPage[] = pages.map((page) => {
  const text = bundled[page.path.split("/").at(-1) as string];
  return text === undefined ? page : { ...page, bundled: text };
});
