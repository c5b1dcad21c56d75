import type { Access } from "../../access/api-key.ts";
import { GatewayError } from "../../core/errors.ts";
import type { Logger } from "../../core/logger.ts";
import type { Gateway } from "../../gateway.ts";
import { NO_PROFILES, type Profile, type ProfileSource, unknownProfile } from "../../profiles/profiles.ts";
import type { Front, Handler } from "../front.ts";
import { Caller } from "./calls/caller.ts";
import { createGuard, nothingThere } from "./guard.ts";
import { profileSettings } from "./profile-settings.ts";
import type { OpenApiSettings } from "./settings.ts";
import { Tree } from "./tree.ts";

export interface OpenApiFrontDeps {
  readonly gateway: Gateway;
  readonly profiles?: ProfileSource;
  readonly logger: Logger;
  readonly version: string;
  readonly access: Access;
  /** As they are now. */
  readonly settings: () => OpenApiSettings;
  /** Monotonic clock in milliseconds. */
  readonly now: () => number;
}

const DRAINED = "The gateway shuts down, and the call did not end in time";
const PROFILE = /^\/p\/([^/]+)(\/.+)$/;

/**
 * The tools of every upstream over plain HTTP, at mcpo's addresses: `POST /<name>/<tool>`, `/<name>/openapi.json`,
 * `/<name>/docs`, `/<name>/redoc`, and all of them in one document at the root (openwebui §2.4, §6). The same of each
 * profile under `/p/<profile>`.
 */
export function openApiFront(deps: OpenApiFrontDeps): Front {
  const { gateway, profiles = NO_PROFILES, logger, version, access, settings } = deps;
  const onBug = (error: unknown): void => {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    logger.error({ error: text }, "unexpected error");
  };
  const guard = createGuard(access);
  const caller = new Caller({ onBug, now: deps.now, keepAlive: () => settings().keep_alive });
  const shared = { version, access, guard, caller, onBug };
  const tree = new Tree({ ...shared, gateway, settings, instructions: () => undefined });
  const profileTrees = new Map<Profile, Tree>();

  function treeOf(profile: Profile): Tree {
    let known = profileTrees.get(profile);
    if (known === undefined) {
      const instructions = (): string | undefined => profile.options.instructions;
      const own = { gateway: profile.gateway, settings: profileSettings(profile, settings), instructions };
      profileTrees.set(profile, (known = new Tree({ ...shared, ...own })));
    }
    return known;
  }

  /** Undefined where the path is none of a profile's. */
  function serveProfile(path: string): Handler | undefined {
    const [, name, rest] = PROFILE.exec(path) ?? [];
    if (name === undefined || rest === undefined) return undefined;
    const profile = profiles.get(name);
    // Some upstream may be called so.
    if (profile === undefined) {
      return gateway.hasUpstream("p") ? undefined : nothingThere(guard, unknownProfile(profiles, name));
    }
    const own = treeOf(profile);
    return own.page(rest) ?? own.folder(rest.slice(1)) ?? nothingThere(guard);
  }

  function route(path: string): Handler | undefined {
    const { single, root_path: rootPath, path_prefix: prefix } = settings();
    const local = rootPath !== "" && path.startsWith(`${rootPath}/`) ? path.slice(rootPath.length) : path;
    if (single !== undefined) return gateway.hasUpstream(single) ? tree.upstream(single, local) : undefined;
    const found = serveProfile(local) ?? tree.page(local);
    return found ?? (local.startsWith(prefix) ? tree.folder(local.slice(prefix.length)) : undefined);
  }

  const stop = profiles.onRemoved(() => {
    for (const [profile, own] of profileTrees) {
      if (profiles.get(profile.name) === profile) continue;
      own.close();
      profileTrees.delete(profile);
    }
  });

  return {
    name: "openapi",
    isGuarded: true,
    route,
    get active() {
      return caller.active;
    },
    tick: () => caller.tick(),
    drain: () => undefined,
    close() {
      stop();
      for (const one of [tree, ...profileTrees.values()]) one.close();
      caller.abort(new GatewayError("draining", DRAINED, { phase: "call", sent: true }));
    },
  };
}
