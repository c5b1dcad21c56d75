import { manifestSchema, type Manifest } from "@shardgate/contract";
import { SERVED_VERSIONS, type SurfaceTool } from "@shardgate/mcp-wire/server";
import * as z from "zod";
import { readSettings, type Env } from "./settings.ts";
import type { Tool } from "./tool.ts";

/** Throws when the thing is not well; the message tells an operator what is wrong and what to do. Give up when `signal` aborts. */
export type HealthCheck<S> = (setup: S, signal: AbortSignal) => void | Promise<void>;

interface Description<C extends z.ZodObject> {
  /** What the gateway puts before `__` and the tool's name: 1 to 16 of a-z, 0-9 and `-`. */
  readonly name: string;
  readonly version: string;
  readonly title?: string;
  readonly description: string;
  /** How a model should use the shard as a whole; a few sentences. */
  readonly instructions?: string;
  /** Port that `serve` opens unless `PORT` says otherwise. */
  readonly defaultPort?: number;
  /** Settings, named as their environment variables. An empty variable counts as unset. */
  readonly config?: C;
}

/**
 * Answers requests to one more path of the shard, of any method, after the check of Host and Origin that all paths have.
 * It limits what it reads of a body and decides who may ask; what it throws becomes a 500 without detail.
 */
export type ShardRoute<S> = (request: Request, setup: S) => Response | Promise<Response>;

interface Parts<S> {
  readonly tools: readonly Tool[] | ((setup: S) => readonly Tool[]);
  /** What the shard depends on, by name; run at `GET /health`, at most once a second, each within 1.5 seconds. */
  readonly checks?: Readonly<Record<string, HealthCheck<S>>>;
  /** Paths served besides `/mcp /health /ready /manifest /metrics`, such as a document that the service itself fetches. */
  readonly routes?: Readonly<Record<string, ShardRoute<S>>>;
  /** Frees what `setup` made; called once, after the last call has ended. */
  readonly close?: (setup: S) => void | Promise<void>;
}

/** A shard without `setup`: tools, checks and `close` are given the settings. */
export interface ShardOptions<C extends z.ZodObject> extends Description<C>, Parts<z.output<C>> {
  readonly setup?: undefined;
}

/** A shard whose tools, checks and `close` share something made from the settings, say the client of its service. */
export interface ShardSetupOptions<C extends z.ZodObject, S> extends Description<C>, Parts<S> {
  /** Makes what is shared. It must not wait for the service: a shard starts, and lists its tools, while that is down. */
  readonly setup: (config: z.output<C>) => S;
}

/** A shard that is open: its settings are read, its tools made. */
export interface OpenShard {
  readonly tools: ReadonlyMap<string, Tool>;
  readonly checks: ReadonlyMap<string, (signal: AbortSignal) => void | Promise<void>>;
  readonly routes: ReadonlyMap<string, (request: Request) => Response | Promise<Response>>;
  close(): Promise<void>;
}

/** A shard as {@link defineShard} makes it; its settings stay unread and nothing is opened until it is served or tested. */
export interface Shard extends Omit<Description<z.ZodObject>, "config"> {
  readonly config: z.ZodObject;
  /**
   * @throws SettingsError when the environment lacks or misspells settings
   * @throws TypeError when two tools have one name
   */
  open(env: Env): OpenShard;
}

/**
 * A small MCP server for one service of the house.
 *
 * @throws TypeError when the name or another part of the description is outside the contract, or a route's path is taken
 */
export function defineShard<C extends z.ZodObject>(options: ShardOptions<C>): Shard;
export function defineShard<C extends z.ZodObject, S>(options: ShardSetupOptions<C, S>): Shard;
export function defineShard<C extends z.ZodObject, S>(options: ShardOptions<C> | ShardSetupOptions<C, S>): Shard {
  const { tools, checks, routes = {}, close, setup, config = z.object({}), ...description } = options;
  const shard: Shard = {
    ...description,
    config,
    open(env) {
      const settings = readSettings(config, env);
      // Without `setup` the parts take the settings themselves: then S is C's output (the overloads above).
      const shared = (setup ? setup(settings as z.output<C>) : settings) as S & z.output<C>;
      const list = typeof tools === "function" ? tools(shared) : tools;
      const byName = new Map(list.map((tool) => [tool.name, tool]));
      if (byName.size < list.length) throw new TypeError(`Shard ${shard.name} has two tools of one name`);
      return {
        tools: byName,
        checks: new Map(
          Object.entries(checks ?? {}).map(([name, check]) => [name, (signal: AbortSignal) => check(shared, signal)]),
        ),
        routes: new Map(
          Object.entries(routes).map(([path, answer]) => [path, (request: Request) => answer(request, shared)]),
        ),
        close: async () => close?.(shared),
      };
    },
  };
  for (const path of Object.keys(routes)) {
    if (!ROUTE_PATH.test(path) || OWN_PATHS.includes(path))
      throw new TypeError(`Shard ${shard.name}: ${JSON.stringify(path)} cannot be a route's path`);
  }
  const checked = manifestSchema.safeParse(manifestOf(shard, []));
  if (!checked.success) throw new TypeError(`Shard ${shard.name}: ${z.prettifyError(checked.error)}`);
  return shard;
}

/** Literal paths only: no parameters, no wildcards, no slash at the end. */
const ROUTE_PATH = /^(\/[A-Za-z0-9._-]+)+$/;

/** What every shard serves. */
export const OWN_PATHS: readonly string[] = ["/health", "/ready", "/manifest", "/metrics", "/mcp"];

/** What the shard says about itself at `GET /manifest`; derived, so that it cannot disagree with the tools. */
export function manifestOf(shard: Shard, tools: readonly SurfaceTool[]): Manifest {
  const { name, title, description, version, instructions } = shard;
  return {
    name,
    ...(title !== undefined && { title }),
    description,
    version,
    ...(instructions !== undefined && { instructions }),
    mcp: { path: "/mcp", protocolVersions: [...SERVED_VERSIONS] },
    tools: tools.map((tool) => ({
      name: tool.name,
      ...(tool.title !== undefined && { title: tool.title }),
      ...(tool.description !== undefined && { description: tool.description }),
    })),
  };
}
