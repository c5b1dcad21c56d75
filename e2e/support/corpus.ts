// Messages that a careless hand would change: every one is valid, and none is spelled as JSON.stringify would.
import { ENVELOPE } from "./rpc-client.ts";

/** As JSON with escapes, brackets and quotes where a reader might trip. */
const numbers = "[1.0,-0,1e400,-1E+2,0.10,12345678901234567890,1.7976931348623157e309,9007199254740993]";
const text = String.raw`"\u00e9\/\ud83d\ude00 \ud800 \u0000 \" ] } \\"`;
const raw = '"é 😀 \u2028 ]}{["';

/**
 * The bytes of a `tools/call` with the id 1, by what is odd about it.
 *
 * @param name the tool's name as JSON
 */
export function requests(era: "legacy" | "modern", name: string): Readonly<Record<string, string>> {
  const meta = era === "modern" ? JSON.stringify(ENVELOPE).slice(1, -1) : '"vendor/m":1.0';
  return {
    "unknown fields everywhere": `{"jsonrpc":"2.0","id":1,"x-top":[{}],"method":"tools/call","params":{"name":${name},"x-params":{"name":"no"},"arguments":{"a":{"_meta":1,"name":"no"}},"_meta":{${meta},"traceparent":"00-1-2-01","vendor/x":{"id":2}}},"x-end":null}`,
    numbers: `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":${name},"arguments":{"n":${numbers}},"_meta":{${meta},"vendor/n":1.0}}}`,
    escapes: `{"jsonrpc":"2.0","id":1,"method":"tools\\/call","params":{"name":${name},"arguments":{${text}:${text},"r":${raw}},"_meta":{${meta}}}}`,
    "keys in another order": `{"params":{"_meta":{${meta}},"arguments":{"b":1,"a":2},"name":${name}},"method":"tools/call","id":1,"jsonrpc":"2.0"}`,
    "white space": `\r\n\t { "jsonrpc" :\t"2.0" , "id" : 1 ,\n"method":"tools/call","params" : {\n  "name" : ${name} ,"arguments":{ }\r\n, "_meta" : { ${meta} } } }\n\n`,
    "a key twice in the arguments": `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":${name},"arguments":{"a":1,"a":2,"":3,"__proto__":{"x":4}},"_meta":{${meta}}}}`,
    "no arguments": `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":${name},"_meta":{${meta}}}}`,
    "arguments of another type": `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"arguments":[1],"name":${name},"_meta":{${meta}}}}`,
    "3 MiB of arguments": `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"arguments":{"a":"${"\\u0041".repeat(1 << 19)}"},"name":${name},"_meta":{${meta}}}}`,
  };
}

/** Responses to the id 1 that pass through either era as they are, by what is odd about them; none holds a line end. */
export const responses: Readonly<Record<string, string>> = {
  "unknown fields everywhere": `{"jsonrpc":"2.0","id":1,"x-top":1,"result":{"content":[{"type":"text","text":"a","x-in":{"id":9}}],"x-result":[],"_meta":{"vendor/y":{"z":[]}},"resultType":"complete"}}`,
  numbers: `{"jsonrpc":"2.0","id":1,"result":{"content":[],"structuredContent":{"n":${numbers}},"ttlMs":1.0}}`,
  escapes: `{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":${text}},{"type":"text","text":${raw}}],${text}:1}}`,
  "keys in another order": `{"result":{"isError":false,"content":[]},"id":1,"jsonrpc":"2.0"}`,
  "content of tomorrow": `{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"hologram","depth":1.0,"data":{"a":[1,{}]}},{"type":"video"}]}}`,
  "structured content that is a list": `{"jsonrpc":"2.0","id":1,"result":{"content":[],"structuredContent":[1.0,"a"]}}`,
  "no content": `{"jsonrpc":"2.0","id":1,"result":{}}`,
  "a result that is no object": `{"jsonrpc":"2.0","id":1,"result":12345678901234567890}`,
  "a failed tool": `{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"no"}],"isError":true,"x":1e400}}`,
  "an error with data": `{"jsonrpc":"2.0","id":1,"error":{"code":-32050,"message":"\\u006eo","data":{"n":${numbers}},"x":1}}`,
  "a key twice": `{"jsonrpc":"2.0","id":1,"result":{"content":[],"content":[{"type":"text","text":"second"}]}}`,
  "an id spelled differently": `{"jsonrpc":"2.0","id":1.0,"result":{"content":[]}}`,
  "8 MiB": `{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"${"x\\u00e9é]}".repeat((8 << 20) / 11)}"}]}}`,
};

/** Responses that only their own era has. */
export const modernResponses: Readonly<Record<string, string>> = {
  "a task": `{"jsonrpc":"2.0","id":1,"result":{"resultType":"task","task":{"taskId":"t","ttl":1.0}}}`,
  "a question": `{"jsonrpc":"2.0","id":1,"result":{"resultType":"input_required","inputRequests":{"a":{"method":"elicitation/create","params":{}}},"requestState":"\\u0041=="}}`,
};

/** Responses with line ends, which an event stream may not keep. */
export const spacedResponses: Readonly<Record<string, string>> = {
  "white space": `\r\n{\t"jsonrpc" : "2.0",\n "id" : 1 , "result" :\r{ "content" : [ ] } }\n\n`,
};

/** Tools as an upstream may list them. */
export const tools: readonly string[] = [
  `{"inputSchema":{"type":"object","properties":{"a":{"default":1.0,"maximum":1e400,"x-any":[{}]}},"$defs":{}},"x-tool":12345678901234567890,"name":"now"}`,
  `{"name":"gr\\u00f6\\u00dfe","title":"\\ud83d\\ude00","icons":[{"src":"data:,","x":1}],"annotations":{"readOnlyHint":true,"x":{}},"inputSchema":{"type":"object"},"outputSchema":{"type":"object","anyOf":[true]},"_meta":{"vendor/a":1.0}}`,
];
