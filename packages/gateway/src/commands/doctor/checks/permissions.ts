import { stat } from "node:fs/promises";
import { parseDocument, visit, isScalar, isPair } from "yaml";
import { toYamlFlow } from "../../../config/plain-json.ts";
import { isSecret } from "../../../config/secrets.ts";
import type { Check, Finding } from "../finding.ts";

export const permissions: Check = {
  name: "permissions",
  async run({ loaded, io }) {
    const findings: Finding[] = [];
    for (const file of loaded?.files ?? []) {
      const content = loaded?.contents.get(file);
      if (content === undefined || "problem" in content || !holdsSecret(content.text)) continue;
      const { mode } = await stat(file);
      if ((mode & 0o077) === 0) continue;
      findings.push({
        level: "warning",
        what: `${file} holds a secret and others on this machine may read it`,
        remedy: `chmod 600 ${file}, or keep the secret outside: \${NAME} with .env, or \${file:/run/secrets/name}`,
      });
    }
    if (io.env["NODE_TLS_REJECT_UNAUTHORIZED"] === "0") {
      findings.push({
        level: "warning",
        what: "NODE_TLS_REJECT_UNAUTHORIZED=0 switches the check of every certificate off",
        remedy: "unset it; give the one upstream with a certificate of its own `tls: { ca: file }`",
      });
    }
    return findings.length > 0 ? findings : [{ level: "ok", what: "secrets are kept from others" }];
  },
};

/** Whether a secret itself stands in the file; a reference to one is none. */
function holdsSecret(text: string): boolean {
  let found = false;
  visit(parseDocument(toYamlFlow(text), { logLevel: "silent" }), {
    Scalar(place, node, ancestors) {
      if (place === "key") return;
      if (typeof node.value !== "string" || /\$\{/.test(node.value)) return;
      const path = ancestors.flatMap((one) => (isPair(one) && isScalar(one.key) ? [String(one.key.value)] : []));
      // Of `env` and `headers` only what is called like a secret: a time zone is none.
      if (
        isSecret(
          path.filter((key) => key !== "env" && key !== "headers"),
          node.value,
        )
      )
        found = true;
    },
  });
  return found;
}
