export { ActiveList } from "./active-list.ts";
export { Cancellation } from "./cancellation.ts";
export {
  Header,
  isModernVersion,
  LATEST_LEGACY,
  LATEST_MODERN,
  LEGACY_VERSIONS,
  MODERN_VERSIONS,
  type Era,
} from "./eras.ts";
export type { Endpoint, Exchange, ExchangeContext, ListKind, ResourceWatch, ServerDescription } from "./exchange.ts";
export { fetchExchange } from "./http/fetch-http.ts";
export { fetchSender } from "./senders/fetch-sender.ts";
export { LIST_TTL_MS } from "./http/handshake.ts";
export type { HttpReply, HttpRequest, HttpStream } from "./http/http-exchange.ts";
export { createHostGuard, type AllowedNames, type HostGuard } from "./http/host-guard.ts";
export { HttpLink, type HttpLinkOptions } from "./http/http-link.ts";
export type { LargeAnswer } from "./http/large-answer.ts";
export { NodeReply, NodeRequest } from "./http/node-http.ts";
export { StreamableServer, type StreamableServerOptions } from "./http/streamable-server.ts";
export { editObject, elementsOf, memberOf, replaceMember } from "./json/edit.ts";
export { SseLink, type SseLinkOptions } from "./legacy-sse/sse-link.ts";
export { SseServer } from "./legacy-sse/sse-server.ts";
export type { Answer, Envelope, Link, PostOptions } from "./link.ts";
export { Message } from "./message.ts";
export { createSender } from "./senders/create-sender.ts";
export type { AnswerHead, HttpSender, SenderOptions, SendRequest, SendSink } from "./senders/http-sender.ts";
export { LineFramer } from "./stdio/line-framer.ts";
export { StdioServer, type StdioServerOptions } from "./stdio/stdio-server.ts";
export { PipeLink, type PipeLinkOptions } from "./stdio/pipe-link.ts";
export {
  type ClientDescription,
  DEFAULT_SESSION_LIMITS,
  endWithSession,
  SessionStore,
  type Session,
  type SessionLimits,
} from "./sessions.ts";
export { inputRequired, type Question, readInputRequired, readRetry } from "./translate/input-required.ts";
export { requestDigest } from "./translate/request-state.ts";
export { type ConnectOptions, connectUpstream } from "./upstream/connect-upstream.ts";
export { modernRequest } from "./upstream/modern-client.ts";
export {
  type ListedItem,
  type ListedTool,
  type Lists,
  NO_LISTS,
  type UpstreamClient,
} from "./upstream/upstream-client.ts";
export { UpstreamError, type UpstreamFailure } from "./upstream-error.ts";
export { RpcCode, WireError } from "./wire-error.ts";
