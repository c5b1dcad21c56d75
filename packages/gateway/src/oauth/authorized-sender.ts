import { type HttpSender, type SendRequest, type SendSink, UpstreamError } from "@shardgate/mcp-wire";
import type { SignIn } from "./sign-in.ts";

/**
 * Sends in the name of the person who signed in. A request that is refused as such (401) was not run: it goes out once more
 * when the sign-in could be renewed, and fails with what to do where it could not.
 */
export function authorizedSender(sender: HttpSender, signIn: SignIn): HttpSender {
  return {
    send(request, sink) {
      let abort: () => void = () => undefined;
      let isGone = false;
      const go = (isSecond: boolean): void => {
        if (isGone) return;
        const header = signIn.header;
        const fail = (): void => {
          if (isGone) return;
          sink.onError(new UpstreamError("unavailable", signIn.problem, { sent: false, status: 401 }), false);
        };
        // As every sender: what it comes to is told after it was asked for.
        if (signIn.isHopeless) return queueMicrotask(fail);
        const onRefused = (challenge: string | undefined): void => {
          abort();
          void signIn.refused(header, challenge).then((isRenewed) => (isRenewed && !isSecond ? go(true) : fail()));
        };
        abort = sender.send(withAuthorization(request, header), watching(sink, signIn, header, onRefused));
      };
      if (signIn.isReady) go(false);
      else void signIn.ready().then(() => go(false));
      return () => {
        isGone = true;
        abort();
      };
    },
    close: () => sender.close(),
  };
}

/** The sink as it is, but a refusal of who we are goes to `onRefused` and no further. */
function watching(
  sink: SendSink,
  signIn: SignIn,
  header: string | undefined,
  onRefused: (challenge: string | undefined) => void,
): SendSink {
  let isRefused = false;
  return {
    onHead(head, flow) {
      const challenge = head.header("www-authenticate");
      if (head.status === 403 && challenge !== undefined) signIn.lacksScope(challenge);
      if (head.status !== 401) {
        signIn.served(header);
        return sink.onHead(head, flow);
      }
      isRefused = true;
      onRefused(challenge);
    },
    onData: (chunk) => isRefused || sink.onData(chunk),
    onEnd: () => isRefused || sink.onEnd(),
    onError: (error, sent) => isRefused || sink.onError(error, sent),
  };
}

function withAuthorization(request: SendRequest, header: string | undefined): SendRequest {
  if (header === undefined) return request;
  const others = request.headers.filter(
    (_, index) => (request.headers[index & ~1] as string).toLowerCase() !== "authorization",
  );
  return { ...request, headers: [...others, "Authorization", header] };
}
