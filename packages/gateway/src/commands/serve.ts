import type { Command } from "./command.ts";
import { runGateway } from "./run-gateway.ts";
import { CONFIG_OPTION, readSettings } from "./settings.ts";

export const serve: Command = {
  name: "serve",
  summary: "run the gateway",
  options: [
    CONFIG_OPTION,
    { flags: "--host <address>", description: "address to listen on (HOST; default 127.0.0.1)" },
    { flags: "-p, --port <number>", description: "port to listen on (PORT; default 9100)" },
    {
      flags: "--no-reload",
      description: "read the configuration at start and when told to, and do not follow its files",
    },
    { flags: "--reload-interval <seconds>", description: "how often the files are compared; default 5" },
    { flags: "--log", description: "log to standard output, which happens anyway" },
    { flags: "--api-key <key>", description: "key that every client has to give (GATEWAY_API_KEY)" },
    { flags: "--strict-auth", description: "ask for it on documents and pages too" },
    { flags: "--log-level <level>", description: "debug, info, warn, error or silent (LOG_LEVEL)" },
    { flags: "--log-file <path>", description: "file to log to as well, rotated by size (LOG_FILE)" },
    { flags: "--syslog <address>", description: "udp://host:port or /dev/log, to log to as well (LOG_SYSLOG)" },
  ],
  arguments: [],
  run: async (_, options, io) => runGateway(await readSettings(options, io), io),
};
