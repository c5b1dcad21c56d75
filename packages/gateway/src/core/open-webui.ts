/** Every header of Open WebUI's own begins so (openwebui §1.2, "Identity headers"); no case counts (RFC 9110 §5.1). */
const PREFIX = "x-openwebui-";

/** Whether a request says that it comes from Open WebUI; name and value of headers in turn. */
export function isOpenWebUi(headers: readonly string[] | undefined): boolean {
  if (headers === undefined) return false;
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] as string;
    if (name.length > PREFIX.length && name.slice(0, PREFIX.length).toLowerCase() === PREFIX) return true;
  }
  return false;
}

/** One of its headers, by what follows the prefix in lower case, such as `chat-id`; undefined where it is not sent. */
export function openWebUiHeader(headers: readonly string[] | undefined, name: string): string | undefined {
  const wanted = PREFIX + name;
  const at = (headers ?? []).findIndex((one, index) => index % 2 === 0 && one.toLowerCase() === wanted);
  return at < 0 ? undefined : headers?.[at + 1];
}
