import { type AllowedNames, createSender as createHttpSender } from "@shardgate/mcp-wire";
import { type App, createApp } from "./app.ts";
import { ChatEvents } from "./chat-status/chat-events.ts";
import type { GatewayConfig } from "./config/schema.ts";
import type { Logger } from "./core/logger.ts";
import type { Timers } from "./core/timers.ts";
import type { Fetch } from "./core/fetch.ts";
import { loginEndpoints } from "./oauth/login-endpoints.ts";
import { SignIns } from "./oauth/sign-ins.ts";
import { type AccessSettings, ApiKeyAccess } from "./access/api-key.ts";
import { ToolAccess } from "./access/tool-access.ts";
import { Plans } from "./confirmation/plans.ts";
import { createFronts } from "./fronts/index.ts";
import type { OpenApiSettings } from "./fronts/openapi/settings.ts";
import { createGateway, type Gateway, type GatewayDeps } from "./gateway.ts";
import { CallStats } from "./metrics/call-stats.ts";
import { createInterceptors } from "./interceptors/index.ts";
import { Profiles } from "./profiles/profiles.ts";
import type { Provider } from "./providers/provider.ts";
import { ProviderWatch } from "./providers/watch-providers.ts";
import { adminRestart } from "./reload/admin-endpoint.ts";
import type { LiveConfig } from "./reload/live-config.ts";
import { type Heap, IdleCollection } from "./idle-collection.ts";
import { Registry } from "./registry/registry.ts";
import { type Status, statusOf } from "./status.ts";
import { createUpstream } from "./upstreams/index.ts";
import { refuseAddress } from "./upstreams/learned-address.ts";
import { ProgramHost, type ProgramSettings } from "./upstreams/stdio/program-host.ts";
import type { UpstreamDeps } from "./upstreams/upstream.ts";
import { VERSION } from "./version.ts";

export interface HouseDeps {
  readonly config: Pick<GatewayConfig, "listen" | "auth" | "openapi" | "open_webui" | "dashboard" | "profiles">;
  /** What the command line says, which stands above the files whatever they say. */
  readonly above?: Above | undefined;
  /** The configuration files, where there are some. */
  readonly live?: LiveConfig | undefined;
  /** In the order in which their definitions come first. */
  readonly providers: readonly Provider[];
  readonly logger: Logger;
  readonly timers: Timers;
  /** What upstreams that are programs are started with; without it there can be none. */
  readonly programs?: ProgramSettings;
  /** Token of what only an administrator may do, as it is now; without one nobody may. */
  readonly adminToken?: () => string | undefined;
  /** Memory that is given back after a time of work; none unless it is named. */
  readonly heap?: Heap;
  /** How upstreams are reached over HTTP; over the network unless a test has another way. */
  readonly createSender?: UpstreamDeps["createSender"];
  /** How authorization servers and an Open WebUI are reached. */
  readonly fetch?: Fetch;
}

/** Settings that no file changes. */
export interface Above {
  readonly auth?: Partial<AccessSettings>;
  readonly openapi?: Partial<OpenApiSettings>;
  readonly allowed?: AllowedNames;
}

/** Everything of the gateway but its port: made by `createHouse`, begun by `start`, ended by `close`. */
export interface House {
  readonly app: App;
  readonly gateway: Gateway;
  /** Begins to watch the providers; nothing waits for an upstream. @throws Error of a provider that cannot begin */
  start(): Promise<void>;
  /** Says no to new work where it can, ends streams; calls under way go on. */
  drain(): void;
  /** Calls under way. */
  readonly active: number;
  close(): Promise<void>;
}

const TICK_MS = 5_000;
/** By then upstreams that answer at once are there. */
const BEGIN_MS = 1_000;

export function createHouse({
  config,
  above,
  live,
  providers,
  logger,
  timers,
  programs: programSettings,
  adminToken = () => undefined,
  createSender = createHttpSender,
  fetch: fetchFn = fetch,
  heap,
}: HouseDeps): House {
  const programs = programSettings && new ProgramHost(programSettings);
  const signIns = new SignIns({ fetch: fetchFn, timers, logger, stateDir: programSettings?.stateDir });
  const deps = { createSender, programs, signIns, clientInfo: { name: "shardgate", version: VERSION } };
  const learnedDeps = {
    ...deps,
    createSender: (origin, options) => createSender(origin, { ...options, refuseAddress }),
  } satisfies Omit<UpstreamDeps, "name">;
  const registry = new Registry({
    precedence: providers.map(({ name }) => name),
    timers,
    logger,
    isKeyOurs: () => access.isAsked,
    createUpstream: ({ options, learned }, name) =>
      createUpstream(options, { ...(learned ? learnedDeps : deps), name }),
  });
  const watch = new ProviderWatch({
    providers,
    timers,
    logger,
    replace: (provider, definitions) => registry.replace(provider, definitions),
  });
  const calls = new CallStats();
  let openWebUi = config.open_webui;
  const plans = new Plans(() => timers.now());
  const tools = new ToolAccess(config.auth, {
    catalog: () => registry.current.catalog,
    isKeyAsked: () => access.isAsked,
    now: () => timers.date(),
  });
  const status = (): Status =>
    statusOf({
      version: VERSION,
      generation: registry.current.generation,
      upstreams: registry.report(),
      providers: watch.report(),
      profiles: profiles.report(),
      policies: tools.report(),
      config: live?.report(),
    });
  const shared = {
    calls,
    plans,
    status,
    logger,
    version: VERSION,
    visibility: tools,
    interceptors: createInterceptors({
      logger,
      timers,
      plans,
      describe: (headers) => tools.describe(headers),
      userOf: (headers) => tools.userOf(headers),
      refusalOf: (call) => tools.refusalOf(call),
      isBelieved: (headers) => tools.isBelieved(headers),
      events: new ChatEvents({ fetch: fetchFn, timers, logger, settings: () => openWebUi }),
      observers: [(call, outcome) => calls.record(call, outcome, timers.date())],
    }),
  } satisfies Partial<GatewayDeps>;
  const gateway = createGateway({ ...shared, registry });
  const profiles = new Profiles({
    snapshots: registry,
    createGateway: (name, part) =>
      createGateway({
        ...shared,
        registry: part,
        about: () => ({ title: `Shardgate: ${name}`, instructions: part.options.instructions }),
      }),
  });
  profiles.use(config.profiles);
  const access = new ApiKeyAccess({ ...config.auth, ...above?.auth });
  let settings: OpenApiSettings = { ...config.openapi, ...above?.openapi };
  let dashboard = config.dashboard;
  const fronts = createFronts({
    gateway,
    profiles,
    logger,
    version: VERSION,
    access,
    settings: () => settings,
    dashboard: () => dashboard,
    now: () => timers.now(),
  });
  const restart = adminRestart((name) => registry.restart(name), timers, adminToken);
  const logins = loginEndpoints({
    signIns,
    timers,
    token: adminToken,
    signInOf(name) {
      const definition = registry.definitionOf(name);
      return definition && (signIns.ofDefinition(definition) ?? null);
    },
    restart: (name) => registry.restart(name),
  });
  const endpoints = [...providers.flatMap(({ endpoint }) => endpoint ?? []), restart, ...logins];
  const onBug = (error: unknown): void => {
    logger.error(
      { error: error instanceof Error ? (error.stack ?? error.message) : String(error) },
      "unexpected error",
    );
  };
  const app = createApp({ gateway, fronts, endpoints, allowed: allowedBy(config, above), access, onBug });
  const stopListening = live?.subscribe(() => {
    const { current } = live;
    app.allow(allowedBy(current, above));
    access.use({ ...current.auth, ...above?.auth });
    tools.use(current.auth);
    dashboard = current.dashboard;
    openWebUi = current.open_webui;
    profiles.use(current.profiles);
    settings = { ...current.openapi, ...above?.openapi };
  });
  const stop = new AbortController();
  let cancelTick = (): void => undefined;
  let cancelBegin = (): void => undefined;
  const idle = heap && new IdleCollection(heap);
  const active = (): number => fronts.reduce((sum, front) => sum + front.active, 0);
  const tick = (): void => {
    for (const front of fronts) front.tick();
    plans.sweep();
    idle?.tick(active(), calls.total);
    cancelTick = timers.after(TICK_MS, tick);
  };

  return {
    app,
    gateway,
    async start() {
      tick();
      cancelBegin = timers.after(BEGIN_MS, () => idle?.begin(active()));
      void programs?.sweep().then((orphans) => {
        if (orphans > 0) logger.warn({ orphans }, "ended what an earlier run left");
      });
      await watch.start(stop.signal);
    },
    drain() {
      app.drain();
      for (const front of fronts) front.drain();
    },
    get active() {
      return active();
    },
    async close() {
      stop.abort();
      stopListening?.();
      cancelTick();
      cancelBegin();
      for (const front of fronts) front.close();
      profiles.close();
      await registry.close();
      programs?.close();
    },
  };
}

function allowedBy({ listen }: Pick<GatewayConfig, "listen">, above: Above | undefined): AllowedNames {
  return { hosts: listen.allowed_hosts, origins: listen.allowed_origins, ...above?.allowed };
}
