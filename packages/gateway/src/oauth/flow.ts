// Loaded when somebody signs in or a token is renewed: the SDK is larger than the rest of the gateway.
import {
  auth,
  computeScopeUnion,
  exchangeAuthorization,
  extractWWWAuthenticateParams,
  type OAuthClientProvider,
  type OAuthDiscoveryState,
  OAuthError,
  refreshAuthorization,
  type StoredOAuthClientInformation,
  type StoredOAuthTokens,
} from "@modelcontextprotocol/client";
import type { Fetch } from "../core/fetch.ts";
import { boundedFetch } from "./bounded-fetch.ts";
import type { Credentials } from "./kept-sign-ins.ts";
import type { OAuthOptions } from "./oauth-options.ts";

/** One sign-in that has begun: what its two halves, before and after the browser, have to know of each other. */
export interface Flow {
  /** The upstream, or what stands for it. */
  readonly serverUrl: string;
  readonly options: OAuthOptions;
  readonly redirectUrl: string;
  /** Comes back with the browser; nobody else knows it. */
  readonly state: string;
  readonly fetch: Fetch;
  client?: StoredOAuthClientInformation;
  discovery?: OAuthDiscoveryState;
  verifier?: string;
  /** The page where a person agrees. */
  page?: URL;
}

/**
 * Finds the authorization server (RFC 9728, RFC 8414), introduces the gateway to it where it is not known yet (RFC 7591)
 * and makes the address of the page where a person agrees (PKCE, RFC 8707).
 *
 * @param challenge what the upstream said when it refused (WWW-Authenticate)
 * @param granted the scope of the sign-in before, which is not to be lost where the upstream wants more
 * @throws Error with what the authorization server said
 */
export async function beginFlow(flow: Flow, challenge?: string, granted?: string): Promise<URL> {
  const refused = new Response(null, { status: 401, headers: challenge ? { "WWW-Authenticate": challenge } : {} });
  const { resourceMetadataUrl, scope: named, error } = extractWWWAuthenticateParams(refused);
  const { scope: configured } = flow.options;
  const lacks = error === "insufficient_scope";
  const scope = lacks ? computeScopeUnion(configured, granted, named) : (configured ?? named);
  await auth(providerOf(flow), {
    serverUrl: flow.serverUrl,
    ...(resourceMetadataUrl && { resourceMetadataUrl }),
    ...(scope && { scope }),
    fetchFn: boundedFetch(flow.fetch),
    forceReauthorization: true,
  });
  if (flow.page === undefined) throw new Error("the authorization server has no page to sign in at");
  return flow.page;
}

/**
 * Takes what the browser brought back for tokens.
 *
 * @param iss who sent it, where it says so (RFC 9207)
 * @returns the tokens, and whose and by whom they are
 * @throws Error with what the authorization server said
 */
export async function finishFlow(flow: Flow, code: string, iss: string | undefined) {
  const { client, discovery, verifier } = flow;
  if (client === undefined || discovery === undefined || verifier === undefined) throw new Error("it never began");
  const tokens: StoredOAuthTokens = await exchangeAuthorization(discovery.authorizationServerUrl, {
    ...serverOf(discovery),
    clientInformation: client,
    authorizationCode: code,
    ...(iss !== undefined && { iss }),
    codeVerifier: verifier,
    redirectUri: flow.redirectUrl,
    fetchFn: boundedFetch(flow.fetch),
  });
  return { tokens, client, discovery };
}

/** The grant has ended: only a person can renew it. */
export class GrantEnded extends Error {}

/**
 * New tokens for the old ones. The refresh token stays where none came with them (RFC 6749 §6).
 *
 * @throws GrantEnded when the authorization server says so; another Error when it could not be asked
 */
export async function renewTokens(kept: Credentials, fetch: Fetch): Promise<StoredOAuthTokens> {
  const discovery = kept.discovery as unknown as OAuthDiscoveryState;
  try {
    return await refreshAuthorization(discovery.authorizationServerUrl, {
      ...serverOf(discovery),
      clientInformation: kept.client,
      refreshToken: kept.tokens.refresh_token ?? "",
      fetchFn: boundedFetch(fetch),
    });
  } catch (error) {
    const isEnd =
      error instanceof OAuthError && /^(invalid_grant|invalid_client|unauthorized_client)$/.test(error.code);
    throw isEnd ? new GrantEnded(error.message, { cause: error }) : error;
  }
}

/** What requests to the token endpoint need: where it is, and what the tokens are for (RFC 8707). */
function serverOf({ authorizationServerMetadata: metadata, resourceMetadata }: OAuthDiscoveryState) {
  return { ...(metadata && { metadata }), ...(resourceMetadata && { resource: resourceMetadata.resource }) };
}

function providerOf(flow: Flow): OAuthClientProvider {
  const { client_id, client_secret, client_name, scope, issuer } = flow.options;
  const secret = client_secret === undefined ? {} : { client_secret };
  return {
    redirectUrl: flow.redirectUrl,
    clientMetadata: { client_name, redirect_uris: [flow.redirectUrl], ...(scope !== undefined && { scope }) },
    state: () => flow.state,
    clientInformation: (server) =>
      client_id === undefined
        ? flow.client
        : (flow.client = { client_id, ...secret, ...(server && { issuer: server.issuer }) }),
    saveClientInformation: (client) => void (flow.client = client),
    // There are none yet, and those that come are taken without the provider.
    tokens: () => undefined,
    saveTokens: () => undefined,
    redirectToAuthorization: (page) => void (flow.page = page),
    saveCodeVerifier: (verifier) => void (flow.verifier = verifier),
    codeVerifier: () => flow.verifier ?? "",
    saveDiscoveryState(discovery) {
      const named = discovery.authorizationServerMetadata?.issuer ?? discovery.authorizationServerUrl;
      if (issuer !== undefined && new URL(named).href !== new URL(issuer).href) {
        throw new Error(`it wants a sign-in at ${named}, and the configuration names ${issuer}`);
      }
      flow.discovery = discovery;
    },
    discoveryState: () => flow.discovery,
  };
}
