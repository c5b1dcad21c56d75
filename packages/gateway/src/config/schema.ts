import { upstreamNameSchema } from "@shardgate/contract";
import * as z from "zod";
import { believesOpenWebUi } from "../access/open-webui-user.ts";
import { providersSchema } from "../providers/schema.ts";
import { openWebUiSchema } from "../chat-status/settings.ts";
import { dashboardSchema } from "../fronts/dashboard/settings.ts";
import { openApiSchema } from "../fronts/openapi/settings.ts";
import { profilesSchema } from "../profiles/schema.ts";
import { durationSchema } from "./duration.ts";
import { type UpstreamDefinition, upstreamOptionsSchema } from "../upstreams/index.ts";

const patternsSchema = z.array(z.string().min(1).max(256)).max(1000);

const policySchema = z.strictObject({
  /** Names of tools as they are at /mcp; `*` stands for any characters. */
  tools: patternsSchema.min(1),
  /** Who may: ids or mail addresses of Open WebUI's users, as auth.open_webui believes them; `*` as above. */
  users: patternsSchema.default([]),
  /** Their roles: admin, user. */
  roles: patternsSchema.default([]),
  /** Whether requests that name no user may too: scripts with the key, other clients. */
  unnamed: z.boolean().default(false),
});

/** What a file may say besides upstreams; each key in one file at most. */
export const settingsShape = {
  listen: z
    .strictObject({
      /** Address to listen on. Loopback unless told otherwise. */
      host: z.string().min(1).default("127.0.0.1"),
      port: z.int().min(0).max(65535).default(9100),
      /** Further names under which the gateway is reached, for the check of the Host header. */
      allowed_hosts: z.array(z.string()).default([]),
      /** Origins of web pages that may call it, such as `https://chat.example.com`. */
      allowed_origins: z.array(z.string()).default([]),
    })
    .prefault({}),
  providers: providersSchema.prefault({}),
  auth: z
    .strictObject({
      /** One key for every downstream (GATEWAY_API_KEY): as a bearer token, or the password where a browser asks. */
      api_key: z.string().min(1).optional(),
      /** Whether documents, pages and /health ask for it too, not only what reaches an upstream. */
      strict: z.boolean().default(false),
      /** What is believed of what Open WebUI says of its users; they are named in the log line of a call. */
      open_webui: z
        .strictObject({
          /** X-OpenWebUI-User-* as they are, of requests with the api_key: anybody who has it can write them. */
          trust_headers: z.boolean().default(false),
          /** Its FORWARD_USER_INFO_HEADER_JWT_SECRET: then the signed token counts, and the plain headers do not. */
          jwt_secret: z.string().optional(),
        })
        .prefault({}),
      /** Tools that only some may see and call; who fits each rule that names a tool may, where none names it everybody. */
      policies: z.array(policySchema).max(100).default([]),
    })
    .superRefine(({ open_webui, policies }, { addIssue }) => {
      for (const [index, { users, roles, unnamed }] of policies.entries()) {
        const path = ["policies", index];
        if (users.length + roles.length === 0) {
          const message = "names nobody who may; say users, roles or unnamed: true";
          if (!unnamed) addIssue({ code: "custom", path, message });
        } else if (!believesOpenWebUi(open_webui)) {
          const message = "counts only where somebody says who asks; set auth.open_webui.jwt_secret, or trust_headers";
          addIssue({ code: "custom", path: [...path, users.length > 0 ? "users" : "roles"], message });
        }
      }
    })
    .prefault({}),
  profiles: profilesSchema,
  dashboard: dashboardSchema,
  openapi: openApiSchema,
  /** An Open WebUI in whose chats is shown what long calls do. */
  open_webui: openWebUiSchema,
  admin: z
    .strictObject({
      /** Bearer token of what only an administrator may do (ADMIN_TOKEN); one that lies in the state folder where none is named. */
      token: z.string().min(16, "must have 16 characters at least").optional(),
    })
    .prefault({}),
  reload: z
    .strictObject({
      /** Whether changes of the files apply while the gateway runs. */
      enabled: z.boolean().default(true),
      /** Whether the file system is asked to announce changes; false: they are found by comparing alone. */
      watch: z.boolean().default(true),
      /** How often the files are compared, for file systems that announce no changes. */
      interval: durationSchema.prefault("5s"),
    })
    .prefault({}),
  /** Folder for what outlives a restart: the last configurations (STATE_DIR; default ~/.local/state/shardgate). */
  state_dir: z.string().min(1).optional(),
};

export type SettingName = keyof typeof settingsShape;
export const SETTING_NAMES = Object.keys(settingsShape) as readonly SettingName[];

/** `gateway.yaml`. Unknown keys are errors, every key has a default. */
export const configSchema = z.strictObject({
  ...settingsShape,
  /** Further files, of any form we read; relative to this one, `*` stands for any part of a name. */
  include: z.array(z.string().min(1)).max(100).default([]),
  upstreams: z.record(upstreamNameSchema, upstreamOptionsSchema).default({}),
});

const settingsSchema = z.object(settingsShape);
type Settings = z.output<typeof settingsSchema>;

export interface GatewayConfig extends Settings {
  readonly upstreams: readonly UpstreamDefinition[];
}

/** Configuration without a file. */
export const DEFAULT_CONFIG: GatewayConfig = { ...settingsSchema.parse({}), upstreams: [] };
