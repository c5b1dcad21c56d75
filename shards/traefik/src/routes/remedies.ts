const REMEDIES: readonly (readonly [pattern: RegExp, remedy: string])[] = [
  [/entryPoint "(.+)" doesn't exist|no valid entryPoint/, "Name an entrypoint that Traefik has."],
  [/middleware "(.+)" does not exist/, "Name a middleware that exists; list_routes shows those in use."],
  [/the service "(.+)" does not exist/, "Name a service that exists, or give a backend URL."],
  [/does not have any type defined/, "The service is empty: give it a backend."],
  [
    /unsupported function|illegal rune|parsing rule|adding rule/,
    "Correct the rule; Traefik 3 writes Host(`a.example.com`) && PathPrefix(`/x`).",
  ],
  [/error parsing server URL/, "Give the backend as a URL with http:// or https:// in front."],
  [/unknown TLS options/, "Those TLS options do not exist; leave them out."],
  [
    /TLSOptions configuration is conflicting/,
    "Another route serves this host with other TLS options; give both the same.",
  ],
  [/max user-defined priority/, "Give a smaller priority."],
  [/servers transport not found/, "That servers transport does not exist."],
  [/plugin/, "The plugin is not installed in Traefik's static configuration."],
  [/has HostSNI matcher, but no TLS/, "A TCP route with a host name needs TLS; without it use HostSNI(`*`)."],
];

/** What to do about an error that Traefik shows on a router. */
export function remedyFor(errors: readonly string[]): string {
  const found = errors.flatMap((error) =>
    REMEDIES.filter(([pattern]) => pattern.test(error))
      .slice(0, 1)
      .map(([, remedy]) => remedy),
  );
  return [...new Set(found)].join(" ") || "Look the message up with get_traefik_docs, or in Traefik's documentation.";
}
