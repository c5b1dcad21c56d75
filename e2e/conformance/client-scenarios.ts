// The client side of the suites: what is run with the gateway as the client, and what is not.
import { suites } from "./suites.ts";

export interface ClientRun {
  /** Id of the suite, and the revision where the suite knows several. */
  readonly suite: string;
  readonly program: string;
  readonly revision?: "2025-11-25" | "2026-07-28";
  readonly scenarios: readonly string[];
}

const [old, legacy, modern] = suites as readonly [ClientSuite, ClientSuite, ClientSuite];
type ClientSuite = (typeof suites)[number];

const handshake = ["initialize", "tools_call", "elicitation-sep1034-client-defaults", "sse-retry"];

export const clientRuns: readonly ClientRun[] = [
  { suite: old.id, program: old.program, scenarios: handshake },
  {
    suite: legacy.id,
    program: legacy.program,
    revision: "2025-11-25",
    scenarios: [...handshake, "json-schema-2020-12-preservation"],
  },
  {
    suite: modern.id,
    program: modern.program,
    revision: "2026-07-28",
    scenarios: [
      "tools_call",
      "request-metadata",
      "sep-2322-client-request-state",
      "http-standard-headers",
      "http-custom-headers",
      "http-invalid-tool-headers",
      "json-schema-ref-no-deref",
      "json-schema-2020-12-preservation",
    ],
  },
];

/** Scenarios that are not run at all. */
export const notRun = {
  scenarios: /^auth\//,
  reason:
    "the gateway is no OAuth client: what it shows an upstream is what its operator configured (headers), so a server that asks for a login gets none and is reported as refusing our credentials",
} as const;
