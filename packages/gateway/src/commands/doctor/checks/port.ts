import type { Check } from "../finding.ts";

/** How long whoever has the port may take to answer, in milliseconds. */
const PATIENCE_MS = 2_000;

export const port: Check = {
  name: "port",
  async run({ io, host, port: number, running }) {
    const address = `${host}:${number}`;
    if (running !== undefined)
      return [{ level: "ok", what: `a gateway ${running.status.version} answers at ${address}` }];
    const exposed =
      host === "127.0.0.1" || host === "::1" || host === "localhost"
        ? []
        : [
            {
              level: "warning" as const,
              what: `${host} is reached from other machines`,
              remedy: "let a proxy with a login stand before it, or listen on 127.0.0.1",
            },
          ];
    try {
      const name = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
      await io.fetch(
        new Request(`http://${name.includes(":") ? `[${name}]` : name}:${number}/livez`, {
          signal: AbortSignal.timeout(PATIENCE_MS),
        }),
      );
    } catch (error) {
      const code = ((error as Error).cause as { code?: string } | undefined)?.code;
      if (code === "ECONNREFUSED") return [{ level: "ok", what: `${address} is free` }, ...exposed];
    }
    return [
      {
        level: "error",
        what: `something else uses ${address}`,
        remedy: `stop it (\`ss -ltnp 'sport = :${number}'\` names it), or choose another with --port`,
      },
      ...exposed,
    ];
  },
};
