import { fetchHealth, GatewayClient } from "./client/gateway-client.ts";
import { readTarget, TARGET_OPTIONS } from "./client/target.ts";
import type { Command } from "./command.ts";
import { paint } from "./terminal.ts";

/** Characters of a description that are shown. */
const DESCRIPTION = 70;

export const list: Command = {
  name: "list",
  summary: "show the upstreams of a running gateway, and its tools",
  options: [...TARGET_OPTIONS, { flags: "--json", description: "everything, as JSON: {status, upstreams, tools}" }],
  arguments: [{ name: "[upstream]", description: "only this one" }],
  async run([only], options, io) {
    const target = readTarget(options, io);
    const health = await fetchHealth(target, io);
    const client = await GatewayClient.connect(target, io);
    const tools = await client.listTools().finally(() => client.close());
    const part = health.profiles?.find(({ name }) => name === options["profile"]);
    const upstreams = health.upstreams.filter(
      ({ name }) => (only === undefined || name === only) && (part === undefined || part.upstreams.includes(name)),
    );
    if (only !== undefined && upstreams.length === 0) {
      const known = health.upstreams.map(({ name }) => name).join(", ") || "none";
      io.writeError(`There is no upstream ${only}; known: ${known}\n`);
      return 1;
    }
    const isShown = ({ name }: { name: string }): boolean => only === undefined || name.startsWith(`${only}__`);
    const shown = tools.filter(isShown);
    if (options["json"] === true) {
      io.write(`${JSON.stringify({ status: health.status, upstreams, tools: shown }, undefined, 2)}\n`);
      return 0;
    }
    const color = paint(io);
    const widest = Math.max(0, ...upstreams.map(({ name }) => name.length));
    for (const { name, kind, state, error } of upstreams) {
      const said = color(state === "up" ? "green" : state === "down" ? "red" : "yellow", state.padEnd(8));
      io.write(`${said} ${name.padEnd(widest)}  ${kind}${error === undefined ? "" : `  ${error}`}\n`);
    }
    if (upstreams.length === 0) io.write("no upstreams\n");
    io.write(`\n${shown.length} ${shown.length === 1 ? "tool" : "tools"}\n`);
    for (const { name, title, description } of shown) {
      const text = (title ?? description ?? "").split("\n", 1)[0] as string;
      io.write(
        `  ${color("bold", name)}  ${text.length > DESCRIPTION ? `${text.slice(0, DESCRIPTION - 1)}…` : text}\n`,
      );
    }
    return 0;
  },
};
