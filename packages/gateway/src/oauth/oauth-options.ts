import * as z from "zod";

const oauthSettingsSchema = z
  .strictObject({
    /** What is asked for, separated by spaces; what the server names where nothing is said. */
    scope: z.string().min(1).max(2000).optional(),
    /** A client that was registered by hand, for services that register none by themselves. */
    client_id: z.string().min(1).max(2000).optional(),
    client_secret: z.string().min(1).max(2000).optional(),
    /** How we are called on the page where a person agrees. */
    client_name: z.string().min(1).max(100).default("Shardgate"),
    /** Where the browser comes back to; `/oauth/callback` of the gateway unless said otherwise. */
    redirect_url: z.url({ protocol: /^https?$/ }).optional(),
    /** Address whose metadata names the authorization server, where that is at another origin than the upstream. */
    server_url: z.url({ protocol: /^https?$/ }).optional(),
    /** The one authorization server to sign in at; the one that the upstream names where nothing is said. */
    issuer: z.url({ protocol: /^https?$/ }).optional(),
    /** Where the sign-in is kept: in `STATE_DIR`, or nowhere, so that a restart forgets it. */
    storage: z.enum(["file", "memory"]).default("file"),
  })
  .refine(
    // An upstream that names another server would get it otherwise.
    ({ client_secret, issuer }) => client_secret === undefined || issuer !== undefined,
    "client_secret goes with issuer, the authorization server that it is for",
  );

/** How the gateway signs in at an upstream (MCP basic/authorization, OAuth 2.1): true, or what has to be said besides. */
export const oauthSchema = z
  .union([z.literal(true), oauthSettingsSchema])
  .transform((given) => (given === true ? oauthSettingsSchema.parse({}) : given));

export type OAuthOptions = z.output<typeof oauthSettingsSchema>;
