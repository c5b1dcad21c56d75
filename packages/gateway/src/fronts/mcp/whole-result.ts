import { editObject, elementsOf, type Era, memberOf, type Message } from "@shardgate/mcp-wire";
import { joinArray } from "../../core/join-array.ts";

/**
 * A tool's result for a client that drops what is no text (openwebui §1.3, §6.12): texts are added for what would be lost, and
 * everything that was there keeps its bytes.
 *
 * - nothing at all, or structured content alone: a text that says so, or that content
 * - links: a text with the address of each
 * - images and sounds without a word: a text that names them
 * - structured content beside other texts: mirrored for the legacy era, whose releases read texts only
 */
export function wholeResult(response: Message, era: Era): Message {
  const { outcome } = response;
  if (response.isError || outcome[0] !== 0x7b) return response;
  const type = stringOf(memberOf(outcome, "resultType"));
  if (type !== undefined && type !== "complete") return response;
  const blocks = elementsOf(memberOf(outcome, "content") ?? NOTHING);
  const said = wordsFor(blocks, memberOf(outcome, "structuredContent"), { era, isFailure: response.isToolError });
  if (said.length === 0) return response;
  const added = said.map((text) => Buffer.from(JSON.stringify({ type: "text", text })));
  return response.withOutcome(editObject(outcome, { content: joinArray([...blocks, ...added]) }));
}

const NOTHING = Buffer.from("[]");

function wordsFor(
  blocks: readonly Buffer[],
  structured: Buffer | undefined,
  { era, isFailure }: { era: Era; isFailure: boolean },
): string[] {
  const types = blocks.map((block) => stringOf(memberOf(block, "type")));
  const hasText = blocks.some((block, index) => types[index] === "text" || isTextResource(block));
  const said = blocks.flatMap((block, index) => {
    const type = types[index];
    if (type === "resource_link") return [linkText(block)];
    if (hasText) return [];
    const image = type === "image" ? block : imageResource(block);
    if (image !== undefined) return [`An image (${mimeType(image)}), which is shown beside this text.`];
    return type === "audio" ? [`A sound (${mimeType(block)}), which the user can play.`] : [];
  });
  if (structured !== undefined && (era === "legacy" || blocks.length === 0) && !isSaid(structured, blocks)) {
    said.push(structured.toString());
  }
  if (blocks.length > 0 || said.length > 0) return said;
  return [isFailure ? "The tool failed and did not say why." : "Done; the tool had nothing to say."];
}

function isTextResource(block: Buffer): boolean {
  const resource = memberOf(block, "resource");
  return resource !== undefined && memberOf(resource, "text") !== undefined;
}

function imageResource(block: Buffer): Buffer | undefined {
  const resource = memberOf(block, "resource");
  return resource !== undefined && mimeType(resource).startsWith("image/") ? resource : undefined;
}

function linkText(block: Buffer): string {
  const [name, uri, description] = ["name", "uri", "description"].map((key) => stringOf(memberOf(block, key)));
  return `${name ?? "Resource"}: ${uri}${description === undefined ? "" : ` (${description})`}`;
}

const mimeType = (block: Buffer): string => stringOf(memberOf(block, "mimeType")) ?? "of unknown type";

/** Whether some text is the structured content already, or what FastMCP wraps as `{result: …}`. */
function isSaid(structured: Buffer, blocks: readonly Buffer[]): boolean {
  const wrapped = memberOf(structured, "result");
  const wanted = new Set([structured, ...(wrapped === undefined ? [] : [wrapped])].map(canonical));
  return blocks.some((block) => {
    const text = stringOf(memberOf(block, "text"));
    return text !== undefined && (wanted.has(canonical(text)) || wanted.has(JSON.stringify(text)));
  });
}

/** The same for JSON that means the same and names its members in one order; a text that is no JSON stays as it is. */
function canonical(json: Buffer | string): string {
  try {
    return JSON.stringify(JSON.parse(json.toString()));
  } catch {
    return json.toString();
  }
}

function stringOf(json: Buffer | undefined): string | undefined {
  return json?.[0] === 0x22 ? (JSON.parse(json.toString()) as string) : undefined;
}
