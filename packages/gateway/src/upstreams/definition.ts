import * as z from "zod";
import { durationSchema } from "../config/duration.ts";
import { oauthSchema } from "../oauth/oauth-options.ts";

export const httpUrlSchema = z
  .string()
  .refine((text) => /^https?:$/.test(URL.parse(text)?.protocol ?? ""), "must be an http:// or https:// address");

const patternSchema = z.string().min(1).max(256);

/** What every definition may say, whatever its kind. */
export const commonDefinitionShape = {
  /** How long one of its calls may take without a sign of progress. */
  timeout: durationSchema.prefault("60s"),
  /** False: known, but left alone. */
  enabled: z.boolean().default(true),
  /** Which of its tools are offered, and under which names; `*` stands for any characters. */
  tools: z
    .strictObject({
      /** Only these; all where nothing is said. */
      include: z.array(patternSchema).max(1000).optional(),
      /** Never these, whatever `include` says. */
      exclude: z.array(patternSchema).max(1000).optional(),
      /** Its own name of a tool → the name it is offered under. */
      rename: z.record(patternSchema, z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/, "is no name for a tool")).optional(),
      /**
       * Which of them a person has to agree to before they run: `destructive` (the default) those that say
       * `destructiveHint: true`, for Open WebUI, which does not ask by itself; `never`; or a list of own names, for
       * every client.
       */
      confirm: z.union([z.enum(["destructive", "never"]), z.array(patternSchema).max(1000)]).optional(),
    })
    .optional(),
  /** False: its tools keep their own names among all tools (`now` instead of `time__now`). */
  prefix: z.boolean().optional(),
  /** What it belongs to, such as `media`; shown where upstreams are. */
  group: z
    .string()
    .regex(/^[a-z0-9-]{1,32}$/, "must be 1 to 32 characters of a-z, 0-9 and -")
    .optional(),
  /** How much is asked of it at once. */
  limits: z
    .strictObject({
      /** Calls it works on at once. */
      active: z.int().min(1).max(1024).optional(),
      /** Calls that wait for their turn. */
      queued: z.int().min(0).max(10_000).optional(),
      /** How long a call waits for its turn. */
      wait: durationSchema.optional(),
    })
    .optional(),
};

/**
 * Options that say what is done with an upstream and not how it is reached: a change of these applies at once, to the
 * connections and processes that are there.
 */
export const POLICY_OPTIONS: ReadonlySet<string> = new Set([...Object.keys(commonDefinitionShape), "forward_headers"]);

const headerPatternSchema = z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, "is no header name");

/** What every definition of an upstream over HTTP may say. */
export const httpDefinitionShape = {
  url: httpUrlSchema,
  /** Sent with every request as they are: credentials, Host. */
  headers: z.record(headerPatternSchema, z.string()).default({}),
  /** Headers of a call that are passed on with it; `*` stands for any characters. None unless said. */
  forward_headers: z
    .strictObject({
      allow: z.array(headerPatternSchema).max(100),
      deny: z.array(headerPatternSchema).max(100).optional(),
    })
    .optional(),
  /** Most connections to it at once. */
  connections: z.int().min(1).max(1024).optional(),
  /** How an https:// upstream is known and what it is shown; files (PEM) are relative to the one that names them. */
  tls: z
    .strictObject({
      /** Certificates to trust besides those everybody trusts. */
      ca: z.string().min(1).optional(),
      /** Our own certificate, where it asks for one, and its key. */
      cert: z.string().min(1).optional(),
      key: z.string().min(1).optional(),
      /** Name its certificate is for, where that is not its address. */
      server_name: z.string().min(1).optional(),
      /** True: any certificate will do, so anybody on the way can read and change what passes. */
      insecure: z.boolean().optional(),
    })
    .refine(({ cert, key }) => (cert === undefined) === (key === undefined), "cert and key go together")
    .optional(),
  ...commonDefinitionShape,
};

/** What somebody else's server may ask besides: that a person signs in. */
export const foreignDefinitionShape = {
  ...httpDefinitionShape,
  /** The upstream wants a person to sign in (OAuth): true, or how; `shardgate login` begins it. Replaces an Authorization header. */
  oauth: oauthSchema.optional(),
};

/** What the kinds over HTTP have in common. */
export type HttpOptions = z.output<z.ZodObject<typeof foreignDefinitionShape>>;

/** Where a definition comes from and what it is called. */
export interface Defined<Options> {
  /** Unique among all definitions of a provider and stable while the definition is the same. */
  readonly id: string;
  /** Name in qualified names; undefined where the upstream names itself. */
  readonly name: string | undefined;
  /** What the file it comes from calls it, where that is not its name. */
  readonly original?: string | undefined;
  readonly options: Options;
  /** True where it came over a network, so that its address is not the operator's word: each connection looks at it. */
  readonly learned?: true;
}
