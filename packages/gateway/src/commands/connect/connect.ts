import { nearest } from "../../config/nearest.ts";
import { readTarget, TARGET_OPTIONS } from "../client/target.ts";
import { CommandError } from "../command-error.ts";
import type { Command } from "../command.ts";
import { clients } from "./clients.ts";

export const connect: Command = {
  name: "connect",
  summary: "print what a client needs to use the gateway, ready to paste",
  options: [
    ...TARGET_OPTIONS,
    { flags: "--name <name>", description: "what the client is to call it (default homelab)" },
    { flags: "--json", description: "{client, where, snippet, note}" },
  ],
  arguments: [{ name: "[client]", description: clients.map(({ id }) => id).join(", ") }],
  async run([id], options, io) {
    if (id === undefined) {
      for (const { id: each, title } of clients) io.write(`${each.padEnd(16)} ${title}\n`);
      return 0;
    }
    const client = clients.find((one) => one.id === id);
    if (client === undefined) {
      const ids = clients.map((one) => one.id);
      const meant = nearest(id, ids);
      throw new CommandError(
        `There is no client ${id}${meant === undefined ? "" : `; did you mean ${meant}?`} Known: ${ids.join(", ")}`,
      );
    }
    const { url, headers } = readTarget(options, io);
    const snippet = client.snippet({
      url: url.href,
      origin: url.origin,
      name: (options["name"] as string | undefined) ?? "homelab",
      token: headers["Authorization"]?.replace(/^Bearer /, ""),
    });
    if (options["json"] === true) {
      const { where, note } = client;
      io.write(`${JSON.stringify({ client: id, where, snippet, note }, undefined, 2)}\n`);
      return 0;
    }
    // What goes beside the snippet goes beside the output, so that it can be piped.
    io.writeError(`${client.title}: ${client.where}\n\n`);
    io.write(`${snippet}\n`);
    if (client.note !== undefined) io.writeError(`\n${client.note}\n`);
    return 0;
  },
};
