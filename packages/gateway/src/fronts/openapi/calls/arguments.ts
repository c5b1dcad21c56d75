import { LRUCache } from "lru-cache";
import { FREE_FORM, type Operation } from "../operation.ts";
import { isRecord } from "../schema/json-schema.ts";
import type { Check } from "./check.ts";
import { InvalidArguments, missing, NO_BODY, noJson, noObject, type Problem } from "./invalid.ts";

/** Loaded with the first call that has something to check: a gateway that only speaks MCP never needs it. */
let createCheck: ((operation: Operation) => Check) | undefined;

/** Most compiled schemas that are kept. */
const compiled = new LRUCache<Operation, Check>({ max: 500 });

const NONE = Buffer.from("{}");
const OPEN_OBJECT = 0x7b;

/**
 * The arguments in the body of a call, as JSON for the upstream: the bytes that came, unless they had to be changed.
 *
 * @throws InvalidArguments
 */
export async function readArguments(operation: Operation, type: string | undefined, body: Buffer): Promise<Buffer> {
  if (operation.shape === "none") return operation.takesMore ? readFreely(body) : NONE;
  if (body.length === 0) return withoutBody(operation, NONE);
  if (type === undefined || !/^application\/([\w.+-]+\+)?json\s*(;|$)/i.test(type))
    throw new InvalidArguments([noObject(shown(body))]);
  const value = parse(body);
  if (value === null) return withoutBody(operation, NONE);
  if (!isRecord(value)) throw new InvalidArguments([noObject(value)]);
  return check(operation, body, value);
}

/** What a tool without arguments got all the same: it is no reason to fail, and nothing of it matters. */
function readFreely(body: Buffer): Buffer {
  if (body.length === 0 || firstByte(body) !== OPEN_OBJECT) return NONE;
  const value = tryParse(body);
  return isRecord(value) ? body : NONE;
}

async function withoutBody(operation: Operation, none: Buffer): Promise<Buffer> {
  if (operation.needsArguments) throw new InvalidArguments([NO_BODY]);
  return check(operation, none, {});
}

async function check(operation: Operation, body: Buffer, value: Record<string, unknown>): Promise<Buffer> {
  const named = operation.shape === "free" && Object.keys(value).length === 1 ? value[FREE_FORM] : undefined;
  const given = isRecord(named) ? named : value;
  createCheck ??= (await import("./check.ts")).createCheck;
  let checkOne = compiled.get(operation);
  if (checkOne === undefined) compiled.set(operation, (checkOne = createCheck(operation)));
  const { problems, isChanged } = checkOne(given, body.length);
  if (problems.length > 0) throw new InvalidArguments(withAllMissing(problems, operation, given));
  return isChanged || given !== value ? Buffer.from(JSON.stringify(given)) : body;
}

/** Checking ends at the first problem; of arguments that are missing a caller wants to know all. */
function withAllMissing(
  problems: readonly Problem[],
  { required }: Operation,
  value: Record<string, unknown>,
): Problem[] {
  const absent = required.filter((name) => !Object.hasOwn(value, name));
  const others = problems.filter(
    ({ type, loc }) => !(type === "missing" && loc.length === 2 && absent.includes(loc[1] as string)),
  );
  return [...absent.map((name) => missing([name], value)), ...others];
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch (error) {
    const { message } = error as Error;
    const at = /position (\d+)/.exec(message)?.[1];
    throw new InvalidArguments([noJson(at === undefined ? 0 : Number(at), message.slice(0, 200))]);
  }
}

function tryParse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString()) as unknown;
  } catch {
    return undefined;
  }
}

function firstByte(body: Buffer): number | undefined {
  return body.find((byte) => byte > 0x20);
}

function shown(body: Buffer): string {
  return body.toString("utf8", 0, 2_000);
}
