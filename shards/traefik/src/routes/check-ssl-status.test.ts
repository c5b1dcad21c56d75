import { expect, test } from "vitest";
import { onBothKinds } from "../testing/on-both-kinds.ts";
import { callTool } from "../testing/open-target.ts";
import { testCertificate, testKey } from "../testing/test-certificate.ts";

const indented = (text: string) => text.trimEnd().replaceAll(/^/gm, "        ");

/** A route over TLS with a certificate of its own, and one without. */
const YAML = `http:
  routers:
    good: {rule: Host(\`tls.example.com\`), service: noop@internal, entryPoints: [websecure], tls: {}}
    bare: {rule: Host(\`bare.example.com\`), service: noop@internal, entryPoints: [websecure], tls: {}}
tls:
  certificates:
    - certFile: |
${indented(testCertificate)}
      keyFile: |
${indented(testKey)}
`;

onBothKinds("check_ssl_status", (stage) => {
  test("certificates in store and served ones are told apart, and hosts without one are named", async () => {
    await stage.foreign("tls.yml", "good", YAML);
    const { structured, text } = await stage.target.call("check_ssl_status", {});
    if (stage.kind === "simulated") {
      expect(structured).toMatchObject({
        simulated: true,
        certificates: [],
        next_step: expect.stringContaining("simulated"),
      });
      return;
    }
    expect(structured).toMatchObject({
      ok: false,
      routes_without_certificate: ["bare.example.com (bare@file)"],
      default_certificate_served: ["bare.example.com"],
      unreachable: [],
    });
    const certificates = structured["certificates"] as { domain: string; source: string; status: string }[];
    const of = (domain: string, source: string) =>
      certificates.find((one) => one.domain === domain && one.source === source);
    expect(of("tls.example.com", "traefik_api")).toMatchObject({
      status: "ok",
      sans: ["*.wild.example.com", "tls.example.com"],
    });
    expect(of("tls.example.com", "handshake")).toMatchObject({
      status: "untrusted",
      trust_error: "DEPTH_ZERO_SELF_SIGNED_CERT",
    });
    expect(of("bare.example.com", "handshake")).toMatchObject({ status: "default" });
    expect(text).toContain("Without certificate: bare.example.com");
  });

  test("what expires is told from the day given", async () => {
    if (stage.kind === "simulated") return expect(stage.kind).toBe("simulated");
    await stage.foreign("tls.yml", "good", YAML);
    // The router may still be the one of the test before; the certificate tells that this file is loaded.
    await expect.poll(async () => (await stage.target.house.client.certificates())?.length, { timeout: 5000 }).toBe(1);
    const days = (Date.parse("2046-01-01") - Date.now()) / 86_400_000;
    const later = {
      ...stage.target.house,
      clock: { ...stage.target.house.clock, now: () => Date.now() + days * 86_400_000 },
    };
    const soon = await callTool(later, "check_ssl_status", { domain: "tls.example.com", expiring_within_days: 3650 });
    expect(soon.structured["certificates"]).toMatchObject([{ status: "expiring" }, { status: "expiring" }]);
    const far = { ...later, clock: { ...later.clock, now: () => Date.parse("2050-01-01") } };
    const gone = await callTool(far, "check_ssl_status", { domain: "tls.example.com" });
    expect(gone.structured["certificates"]).toMatchObject([{ status: "expired" }, { status: "expired" }]);
  });

  test("a host that is not served at all is an error with a next step", async () => {
    await expect(stage.target.call("check_ssl_status", { domain: "nowhere.example.com" })).rejects.toThrow(
      "No HTTPS route serves nowhere.example.com",
    );
  });
});
