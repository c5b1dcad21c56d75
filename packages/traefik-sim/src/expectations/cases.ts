/** Files for one load, by name below the dynamic directory. Each case is loaded by the simulated and the real Traefik. */
export interface Case {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
}

const SERVICE = "  services:\n    s:\n      loadBalancer:\n        servers:\n          - url: http://10.0.0.5:80\n";

function routers(yaml: string, more = ""): Readonly<Record<string, string>> {
  return { "mcp-managed/case.yaml": `http:\n  routers:\n${yaml.replace(/^/gm, "    ").trimEnd()}\n${SERVICE}${more}` };
}

function rule(text: string): Readonly<Record<string, string>> {
  return routers(`r:\n  rule: ${JSON.stringify(text)}\n  entryPoints: [web]\n  service: s\n`);
}

function file(yaml: string): Readonly<Record<string, string>> {
  return { "mcp-managed/case.yaml": yaml };
}

const LISTED: readonly (readonly [name: string, files: Readonly<Record<string, string>>])[] = [
  ["no files", {}],
  ["a plain router", rule("Host(`a.example.com`)")],
  ["entrypoints omitted", routers("r: {rule: Host(`a`), service: s}")],
  ["one entrypoint unknown", routers("r: {rule: Host(`a`), service: s, entryPoints: [web, nope]}")],
  ["all entrypoints unknown", routers("r: {rule: Host(`a`), service: s, entryPoints: [nope]}")],
  ["udp entrypoint on an http router", routers("r: {rule: Host(`a`), service: s, entryPoints: [udpep]}")],
  ["service missing", routers("r: {rule: Host(`a`), service: gone, entryPoints: [web]}")],
  ["service of another provider missing", routers("r: {rule: Host(`a`), service: gone@docker, entryPoints: [web]}")],
  ["no service", routers("r: {rule: Host(`a`), entryPoints: [web]}")],
  ["no rule", routers("r: {service: s, entryPoints: [web]}")],
  ["middleware missing", routers("r: {rule: Host(`a`), service: s, entryPoints: [web], middlewares: [gone]}")],
  ["internal service", routers("r: {rule: Host(`a`), service: api@internal, entryPoints: [web]}")],
  [
    "two routers, one service",
    routers(
      "r: {rule: Host(`a`), service: s, entryPoints: [web]}\nq: {rule: Host(`b`), service: s, entryPoints: [web]}",
    ),
  ],
  ["priority given", routers("r: {rule: Host(`a`), service: s, entryPoints: [web], priority: 77}")],
  ["priority too high", routers("r: {rule: Host(`a`), service: s, entryPoints: [web], priority: 9223372036854775000}")],
  ["priority negative", routers("r: {rule: Host(`a`), service: s, entryPoints: [web], priority: -3}")],
  ["tls empty", routers("r: {rule: Host(`a`), service: s, entryPoints: [websecure], tls: {}}")],
  ["tls null", routers("r: {rule: Host(`a`), service: s, entryPoints: [websecure], tls: }")],
  [
    "tls resolver unknown",
    routers("r: {rule: Host(`a`), service: s, entryPoints: [websecure], tls: {certResolver: nope}}"),
  ],
  ["tls options unknown", routers("r: {rule: Host(`a`), service: s, entryPoints: [websecure], tls: {options: nope}}")],
  [
    "tls options in conflict",
    routers(
      "r: {rule: Host(`a`), service: s, entryPoints: [websecure], tls: {options: strict}}\nq: {rule: Host(`a`) && Path(`/q`), service: s, entryPoints: [websecure], tls: {}}",
      "tls: {options: {strict: {minVersion: VersionTLS13}}}\n",
    ),
  ],
  ["path without slash", rule("Host(`a`) && Path(`x`)")],
  ["v2 host list", rule("Host(`a`, `b`)")],
  ["v2 headers", rule("Headers(`a`, `b`)")],
  ["single quotes", rule("Host('a')")],
  ["unknown function", rule("Hosts(`a`)")],
  ["unknown identifier", rule("Host(a)")],
  ["bare identifier", rule("Host")],
  ["missing parenthesis", rule("Host(`a`")],
  ["empty argument", rule("Host(``)")],
  ["no argument", rule("Host()")],
  ["lower case matcher", rule("host(`a`) && pathprefix(`/b`)")],
  ["title case matcher", rule("Hostregexp(`^a$`) || PATH(`/b`)")],
  ["odd case matcher", rule("hOST(`a`)")],
  ["negation", rule("!Host(`a`) && !(Path(`/a`) || Path(`/b`))")],
  ["non-ASCII host", rule("Host(`ä.example.com`)")],
  ["wildcard host", rule("Host(`*.example.com`)")],
  ["catch-all host", rule("Host(`*`)")],
  ["client ip", rule("Host(`a`) && ClientIP(`10.0.0.0/8`)")],
  ["query with one and two arguments", rule("Query(`a`) && Query(`a`, `b`)")],
  ["quoted escapes", rule('Host("a\\x62c")')],
  ["newline after operator", rule("Host(`a`) &&\n Path(`/b`)")],
  [
    "server without scheme",
    file(
      "http: {routers: {r: {rule: Host(`a`), service: t, entryPoints: [web]}}, services: {t: {loadBalancer: {servers: [{url: '10.0.0.1:80'}]}}}}",
    ),
  ],
  [
    "servers none",
    file(
      "http: {routers: {r: {rule: Host(`a`), service: t, entryPoints: [web]}}, services: {t: {loadBalancer: {passHostHeader: false}}}}",
    ),
  ],
  [
    "service of no type",
    file("http: {routers: {r: {rule: Host(`a`), service: t, entryPoints: [web]}}, services: {t: {}}}"),
  ],
  [
    "service of two types",
    file(
      "http: {routers: {r: {rule: Host(`a`), service: t, entryPoints: [web]}}, services: {t: {loadBalancer: {servers: [{url: 'http://a'}]}, weighted: {services: [{name: x}]}}}}",
    ),
  ],
  [
    "strategy unknown",
    file(
      "http: {routers: {r: {rule: Host(`a`), service: t, entryPoints: [web]}}, services: {t: {loadBalancer: {strategy: best, servers: [{url: 'http://a'}]}}}}",
    ),
  ],
  [
    "transport unknown",
    file(
      "http: {routers: {r: {rule: Host(`a`), service: t, entryPoints: [web]}}, services: {t: {loadBalancer: {serversTransport: nope, servers: [{url: 'http://a'}]}}}}",
    ),
  ],
  [
    "weighted with a missing child",
    file(
      "http: {routers: {r: {rule: Host(`a`), service: t, entryPoints: [web]}}, services: {t: {weighted: {services: [{name: gone, weight: 1}]}}}}",
    ),
  ],
  [
    "health check defaults",
    file(
      "http: {routers: {r: {rule: Host(`a`), service: t, entryPoints: [web]}}, services: {t: {loadBalancer: {healthCheck: {path: /up}, servers: [{url: 'http://127.0.0.1:1'}]}}}}",
    ),
  ],
  [
    "sticky cookie",
    file(
      "http: {routers: {r: {rule: Host(`a`), service: t, entryPoints: [web]}}, services: {t: {loadBalancer: {sticky: {cookie: {name: c}}, servers: [{url: 'http://127.0.0.1:1'}]}}}}",
    ),
  ],
  [
    "unused faults stay enabled",
    file(
      "http: {services: {t: {loadBalancer: {servers: [{url: '10.0.0.1:80'}]}}}, middlewares: {m: {redirectRegex: {regex: '(', replacement: x}}}}",
    ),
  ],
  [
    "middlewares of several kinds",
    routers(
      "r: {rule: Host(`a`), service: s, entryPoints: [web], middlewares: [h, c, a]}",
      "  middlewares:\n    h: {headers: {stsSeconds: 1, customRequestHeaders: {X-A: 'b'}}}\n    c: {chain: {middlewares: [a]}}\n    a: {ipAllowList: {sourceRange: [10.0.0.0/8, 127.0.0.1]}}\n",
    ),
  ],
  [
    "middleware of two types",
    routers(
      "r: {rule: Host(`a`), service: s, entryPoints: [web], middlewares: [m]}",
      "  middlewares:\n    m: {stripPrefix: {prefixes: [/a]}, addPrefix: {prefix: /b}}\n",
    ),
  ],
  [
    "middleware with a bad range",
    routers(
      "r: {rule: Host(`a`), service: s, entryPoints: [web], middlewares: [m]}",
      "  middlewares:\n    m: {ipAllowList: {sourceRange: [10.0.0.0/99]}}\n",
    ),
  ],
  [
    "chain in a circle",
    routers(
      "r: {rule: Host(`a`), service: s, entryPoints: [web], middlewares: [m]}",
      "  middlewares:\n    m: {chain: {middlewares: [m]}}\n",
    ),
  ],
  [
    "redirect scheme",
    routers(
      "r: {rule: Host(`a`), service: s, entryPoints: [web], middlewares: [m]}",
      "  middlewares:\n    m: {redirectScheme: {scheme: https, permanent: true}}\n",
    ),
  ],
  [
    "first file wins",
    {
      "mcp-managed/case.yaml": "http: {routers: {r: {rule: Host(`mine`), service: api@internal, entryPoints: [web]}}}",
      "routes.yml":
        "http: {routers: {r: {rule: Host(`theirs`), service: api@internal, entryPoints: [web]}, q: {rule: Host(`q`), service: api@internal, entryPoints: [web]}}}",
    },
  ],
  [
    "dotfiles load, other names do not",
    {
      "mcp-managed/.hidden.yaml": "http: {routers: {r: {rule: Host(`a`), service: api@internal, entryPoints: [web]}}}",
      "mcp-managed/.d/x.YML": "http: {routers: {q: {rule: Host(`b`), service: api@internal, entryPoints: [web]}}}",
      "mcp-managed/x.yaml.tmp": "http: {}",
      "mcp-managed/y.json": "{",
    },
  ],
  [
    "a broken sibling freezes all",
    {
      "mcp-managed/case.yaml": "http: {routers: {r: {rule: Host(`a`), service: api@internal, entryPoints: [web]}}}",
      "broken.yml": "http: {routers: {}}",
    },
  ],
  ["a broken file deeper down freezes all", { "sub/sub/broken.yml": "http:\n  routers:\n  - a: [" }],
  [
    "metadata at the root",
    file(
      "x-mcp-managed: {at: 2026-01-01, list: [1, null]}\nhttp: {routers: {r: {rule: Host(`a`), service: api@internal, entryPoints: [web]}}}",
    ),
  ],
  [
    "a stray template mark",
    file("# {{ what\nhttp: {routers: {r: {rule: Host(`a`), service: api@internal, entryPoints: [web]}}}"),
  ],
  [
    "tcp catch-all",
    file(
      "tcp: {routers: {t: {rule: HostSNI(`*`), service: ts, entryPoints: [tcpep]}}, services: {ts: {loadBalancer: {servers: [{address: '127.0.0.1:1'}]}}}}",
    ),
  ],
  [
    "tcp host without tls",
    file(
      "tcp: {routers: {t: {rule: HostSNI(`a`), service: ts, entryPoints: [tcpep]}}, services: {ts: {loadBalancer: {servers: [{address: '127.0.0.1:1'}]}}}}",
    ),
  ],
  [
    "tcp passthrough",
    file(
      "tcp: {routers: {t: {rule: HostSNI(`a`), service: ts, entryPoints: [tcpep], tls: {passthrough: true}}}, services: {ts: {loadBalancer: {servers: [{address: '127.0.0.1:1'}]}}}}",
    ),
  ],
  ["tcp service missing", file("tcp: {routers: {t: {rule: HostSNI(`*`), service: gone, entryPoints: [tcpep]}}}")],
  [
    "tcp rule bad",
    file(
      "tcp: {routers: {t: {rule: Host(`a`), service: ts, entryPoints: [tcpep]}}, services: {ts: {loadBalancer: {servers: [{address: '127.0.0.1:1'}]}}}}",
    ),
  ],
  [
    "udp",
    file(
      "udp: {routers: {u: {service: us, entryPoints: [udpep]}}, services: {us: {loadBalancer: {servers: [{address: '127.0.0.1:1'}]}}}}",
    ),
  ],
  ["udp service missing", file("udp: {routers: {u: {service: gone, entryPoints: [udpep]}}}")],
  [
    "udp on a tcp entrypoint",
    file(
      "udp: {routers: {u: {service: us, entryPoints: [web]}}, services: {us: {loadBalancer: {servers: [{address: '127.0.0.1:1'}]}}}}",
    ),
  ],
];

/** What both are asked to load: every row of the file provider's traps, and each kind of fault the API words. */
export const cases: readonly Case[] = LISTED.map(([name, files]) => ({ name, files }));
