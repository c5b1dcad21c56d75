/** Every header of Open WebUI's own begins so (openwebui §1.2, "Identity headers"); no case counts (RFC 9110 §5.1). */
const PREFIX = "x-openwebui-";

/** Whether a request says that it comes from Open WebUI; name and value of headers in turn. */
export function isOpenWebUi(headers: readonly string[] | undefined): boolean {
  if (headers === undefined) return false;
  for (let index = 0; index < headers.length; index += 2) if (isOwn(headers[index] as string)) return true;
  return false;
}

/**
 * Its headers, by what follows the prefix in lower case, such as `chat-id`; the first of each counts. Undefined where none
 * is sent.
 */
export function openWebUiHeaders(headers: readonly string[]): ReadonlyMap<string, string> | undefined {
  let found: Map<string, string> | undefined;
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const spelled = headers[index] as string;
    if (!isOwn(spelled)) continue;
    const name = spelled.slice(PREFIX.length).toLowerCase();
    if (found?.has(name) !== true) (found ??= new Map()).set(name, headers[index + 1] as string);
  }
  return found;
}

function isOwn(name: string): boolean {
  return name.length > PREFIX.length && name.slice(0, PREFIX.length).toLowerCase() === PREFIX;
}
