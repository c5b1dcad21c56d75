/** Short texts of our own on the commonest topics, for when neither the site nor a copy can be had. By the end of the topic's path. */
export const bundled: Readonly<Record<string, string>> = {
  "rules-and-priority":
    "A rule joins matchers with &&, || and !, each value in back-ticks: Host(`a.example.com`) && PathPrefix(`/api`). HTTP matchers: Host, HostRegexp, Path, PathPrefix, PathRegexp, Method, Header, HeaderRegexp, Query, QueryRegexp, ClientIP. One host per Host; *.example.com matches one label (since 3.7). Paths start with /. Regular expressions are RE2, without lookaround. When several rules match, the higher priority wins; without one, the longer rule.",
  router:
    "A router has a rule, a service, entryPoints, and optionally middlewares, priority and tls. `tls: {}` makes it HTTPS; tls.certResolver asks for a certificate. Without entryPoints it listens on all of them. A 404 from Traefik means that no router matched, or that the router is disabled; the API shows why in `error`.",
  service:
    "services.<name>.loadBalancer.servers lists backends by url, with http://, https:// or h2c://. healthCheck.path lets Traefik leave out dead servers; without it a dead server stays UP and requests get 502. 503 means no server is left. sticky.cookie keeps a client on one server. passHostHeader: false sends the backend's own host name.",
  forwardauth:
    "middlewares.<name>.forwardAuth.address names a login service; when it answers 2xx the request goes on, else its answer is returned. trustForwardHeader and authResponseHeaders pass identity on. For authentik a second router with a higher priority must send PathPrefix(`/outpost.goauthentik.io/`) to the outpost.",
  basicauth:
    "middlewares.<name>.basicAuth.users lists `name:hash` as htpasswd prints them (bcrypt, apr1 or SHA1). removeHeader: true keeps the login from the backend. In a Docker label every $ is doubled; in a file it is not.",
  redirectscheme:
    "middlewares.<name>.redirectScheme with scheme: https and permanent: true sends plain HTTP on to HTTPS. For everything at once set entryPoints.web.http.redirections.entryPoint.to: websecure in the static configuration.",
  headers:
    "middlewares.<name>.headers: stsSeconds (HSTS), contentTypeNosniff, customFrameOptionsValue, referrerPolicy, contentSecurityPolicy, customRequestHeaders, customResponseHeaders; accessControlAllowOriginList and others for CORS.",
  ipallowlist:
    "middlewares.<name>.ipAllowList.sourceRange lists addresses and ranges that may come in; others get 403. Behind another proxy set ipStrategy.depth.",
  entrypoints:
    "entryPoints.<name>.address in the static configuration opens a port, such as :443 or :53/udp. http.tls makes all its routers HTTPS, http.middlewares applies to all of them, http.redirections redirects. asDefault: true makes it the one for routers that name none. Changes need a restart.",
  file: "providers.file.directory loads every .yaml, .yml and .toml file of a directory and those below it. watch: true notices changes of the directory itself and the files directly in it, not of those in folders below. One broken file keeps all from loading; the reason is only in the log. Files are Go templates: {{ starts one.",
  acme: "certificatesResolvers.<name>.acme with email, storage and one challenge: httpChallenge.entryPoint (port 80 reachable), tlsChallenge (port 443), or dnsChallenge.provider (also for wildcards). Routers ask for it by tls.certResolver. When issuance fails Traefik serves TRAEFIK DEFAULT CERT and logs the reason.",
  "tls-certificates":
    "tls.certificates in a dynamic file lists certFile and keyFile; Traefik picks by the host name. tls.stores.default.defaultCertificate replaces the self-made default one.",
  serverstransport:
    "serversTransports.<name>.insecureSkipVerify: true accepts a backend's self-signed certificate; rootCAs is the safer way. A service names it in loadBalancer.serversTransport.",
  stripprefix:
    "middlewares.<name>.stripPrefix.prefixes removes a path prefix before the request goes to the backend, which learns it from X-Forwarded-Prefix.",
  ratelimit:
    "middlewares.<name>.rateLimit: average requests per period (1 s), burst at once; counted by client address unless sourceCriterion says otherwise.",
};
