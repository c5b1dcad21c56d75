import type { ForeignFormat } from "./format.ts";
import { mcpServersFormat } from "./mcp-servers.ts";
import { mcproxyFormat } from "./mcproxy.ts";
import { vsCodeFormat } from "./vs-code.ts";

/** The files of others that we read: the only list. What none of them matches is our own. */
export const foreignFormats: readonly ForeignFormat[] = [mcpServersFormat, vsCodeFormat, mcproxyFormat];
