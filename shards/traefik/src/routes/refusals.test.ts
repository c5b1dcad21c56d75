import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readBackend } from "./backends.ts";
import { buildRule, hostsOfRule, readHost, requireAllowedDomains } from "./hosts.ts";
import { routerName } from "./names.ts";
import { requirePlainText } from "./plain-text.ts";

const policy = {
  allowed: [],
  apiUrl: "http://10.0.0.2:8080",
  entryPoints: [{ name: "web", address: ":80", asDefault: false, http: { middlewares: [] } }],
};

describe("texts that must never reach a file", () => {
  test.each([
    ['{{ env "CF_DNS_API_TOKEN" }}', "template"],
    ["a}}b", "template"],
    ["a\nb", "control character"],
    ["a\u0000b", "control character"],
    ["a\u202Eb", "invisible"],
    ["a\u200Bb", "invisible"],
    ["a\u2028b", "control character"],
    ["\uD800", "half a character"],
    ["x".repeat(4001), "longer than 4000"],
  ])("%j", (text, why) => {
    expect(() => requirePlainText({ a: { b: ["ok", text] } })).toThrow(why);
    expect(() => requirePlainText({ a: { b: ["ok", text] } })).toThrow("`a.b[1]`");
  });
});

describe("names of routes", () => {
  test("are one with and without prefix and provider", () => {
    expect(["tv", "mcp-tv", "mcp-tv@file", " tv "].map((name) => routerName(name, "mcp-"))).toEqual([
      "mcp-tv",
      "mcp-tv",
      "mcp-tv",
      "mcp-tv",
    ]);
  });
  test.each(["", "../etc", "a/b", "A", "a_b", "-a", "a-", "a@docker", "a.b", "x".repeat(60), "mcp-", "tv\u0000", "ä"])(
    "%j is none",
    (name) => {
      expect(() => routerName(name, "mcp-")).toThrow("`name`");
    },
  );
});

describe("hosts", () => {
  test.each([
    ["media.example.com", "media.example.com"],
    ["https://Media.Example.com/", "media.example.com"],
    ["bücher.example", "xn--bcher-kva.example"],
    ["*.example.com", "*.example.com"],
    ["192.168.1.5", "192.168.1.5"],
    ["nas", "nas"],
    ["example.com.", "example.com"],
  ])("%s is %s", (text, host) => expect(readHost(text, "host")).toBe(host));

  test.each([
    "",
    "a b",
    "a:8080",
    "a.*.b",
    "*",
    "*.",
    "a`b",
    "a)b",
    "a..b",
    "-a.b",
    "user@host",
    "http://",
    "a/b",
    "a,b",
  ])("%j never matches", (text) => {
    expect(() => readHost(text, "host")).toThrow("`host`");
  });

  test("any text gives a rule for exactly that host, or is refused", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        let host: string;
        try {
          host = readHost(text, "host");
        } catch {
          return;
        }
        expect(hostsOfRule(buildRule({ hosts: [host] }))).toEqual([host]);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("rules", () => {
  test.each([
    [{ hosts: ["a.b"] }, "Host(`a.b`)"],
    [{ hosts: ["a.b", "c.d"] }, "Host(`a.b`) || Host(`c.d`)"],
    [{ hosts: ["a.b", "c.d"], path_prefix: "/x" }, "(Host(`a.b`) || Host(`c.d`)) && PathPrefix(`/x`)"],
    [{ hosts: ["a.b"], path_prefix: "/" }, "Host(`a.b`)"],
    [{ hosts: [], rule: " Host(`a.b`)\n && Method(`GET`)" }, "Host(`a.b`) && Method(`GET`)"],
    [{ hosts: [], rule: "HostRegexp(`^[a-z]+\\.example\\.com$`)" }, "HostRegexp(`^[a-z]+\\.example\\.com$`)"],
  ])("%j", (input, rule) => expect(buildRule(input)).toBe(rule));

  test.each([
    ["Host(`*`)", "every host"],
    ["PathPrefix(`/`)", "every host"],
    ["HostRegexp(`.*`)", "every host"],
    ["HostRegexp(`^.+$`)", "every host"],
    ["!Host(`a.b`)", "every host"],
    ["Host(`a.b`) || PathPrefix(`/x`)", "every host"],
    ["Host(`a.b`) || !Host(`c.d`)", "every host"],
    ["Host(`a`, `b`)", "one host per matcher|got 2"],
    ["Headers(`a`, `b`)", "unsupported function"],
    ["Host('a')", "CHAR"],
    ["Host(`a b`)", "no host name"],
    ["Host(`a:80`)", "no host name"],
    ["HostRegexp(`{sub:[a-z]+}.example.com`)", "Traefik 2"],
    ["HostRegexp(`(?=a)a\\.example\\.com`)", "compiling"],
    ["Host(`a`", "missing"],
    ["", "operand"],
  ])("%s is refused", (rule, why) => expect(() => buildRule({ hosts: [], rule })).toThrow(new RegExp(why)));

  test.each(["/a`b", "a", "/a b", "/a?b", "/a#b", "/a\\b"])("path_prefix %j is refused", (prefix) => {
    expect(() => buildRule({ hosts: ["a"], path_prefix: prefix })).toThrow("`path_prefix`");
  });

  test("every alternative must be in an allowed domain", () => {
    expect(() => requireAllowedDomains("Host(`a.home.lab`) || Host(`home.lab`)", ["home.lab"])).not.toThrow();
    expect(() => requireAllowedDomains("Host(`a.home.lab`) || Host(`evil.com`)", ["home.lab"])).toThrow(
      "ALLOWED_DOMAINS",
    );
    expect(() => requireAllowedDomains("Host(`nothome.lab`)", ["home.lab"])).toThrow("ALLOWED_DOMAINS");
    expect(() => requireAllowedDomains("HostRegexp(`^a\\.home\\.lab$`)", ["home.lab"])).toThrow("ALLOWED_DOMAINS");
  });
});

describe("backends", () => {
  test.each([
    ["192.168.1.20:8096", "http://192.168.1.20:8096"],
    ["http://jellyfin:8096/", "http://jellyfin:8096"],
    ["HTTPS://nas.lan", "https://nas.lan"],
    ["h2c://10.0.0.5:50051", "h2c://10.0.0.5:50051"],
    ["http://[fd00::5]:80", "http://[fd00::5]"],
  ])("%s is %s", (text, url) => expect(readBackend(text, policy)).toBe(url));

  test.each([
    ["http://localhost:80", "own machine"],
    ["http://127.0.0.1", "loopback"],
    ["http://0x7f.1", "loopback"],
    ["h2c://2130706433", "loopback"],
    ["http://[::1]", "loopback"],
    ["http://[::ffff:127.0.0.1]", "loopback"],
    ["http://0.0.0.0", "no address"],
    ["http://169.254.169.254/", "metadata"],
    ["http://[fe80::1]", "link-local"],
    ["http://metadata.google.internal", "metadata"],
    ["http://10.0.0.2:8080", "Traefik itself"],
    ["http://traefik:80", "Traefik itself"],
    ["ftp://a", "scheme ftp"],
    ["file:///etc/passwd", "scheme file"],
    ["http://u:p@a", "user name"],
    ["http://a/path", "path /path"],
    ["http://a?b", "query"],
    ["http://", "no URL"],
    ["http://a:99999", "no URL"],
    ["http://a b", "no URL"],
  ])("%s is refused", (text, why) => expect(() => readBackend(text, policy)).toThrow(why));

  test("ranges that the operator allows are the only ones, and may be loopback", () => {
    const narrow = { ...policy, allowed: ["192.168.1.0/24", "127.0.0.0/8"] };
    expect(readBackend("127.0.0.1:1", narrow)).toBe("http://127.0.0.1:1");
    expect(() => readBackend("10.0.0.9", narrow)).toThrow("ALLOWED_BACKEND_CIDRS");
  });
});
