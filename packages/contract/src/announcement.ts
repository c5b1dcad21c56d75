import * as z from "zod";
import { upstreamNameSchema } from "./names.ts";

/** Longest lease a gateway gives, in seconds. */
export const LONGEST_LEASE_S = 300;

/**
 * What a shard sends to `POST /announce` of a gateway, with `Authorization: Bearer <token>`: that it is there, and where. It
 * counts for the length of a lease and is sent again before that ends. An announcement names an address and nothing that
 * could be run.
 */
export const announcementSchema = z.strictObject({
  name: upstreamNameSchema,
  /** Address of the shard as the gateway reaches it, `http://time-shard:9102`; no credentials, path or query. */
  url: z
    .string()
    .max(2048)
    .refine(isOrigin, "must be http:// or https://, a host and perhaps a port, and nothing else"),
  /** Random, made when the shard starts: tells who holds the name from another shard that wants it. */
  instance: z.string().regex(/^[A-Za-z0-9_-]{8,64}$/, "must be 8 to 64 characters of A-Z, a-z, 0-9, _ and -"),
  /** For how long it shall count, in seconds; what the gateway gives by itself where nothing is said, 0 to withdraw. */
  lease_s: z.int().min(0).max(LONGEST_LEASE_S).optional(),
});

/** What the gateway answers when it has taken an announcement. */
export const leaseSchema = z.object({
  name: upstreamNameSchema,
  /** How long the announcement counts from now, in seconds; 0 when it was withdrawn. */
  lease_s: z.number().min(0),
  /** When to send it again, in seconds from now. */
  renew_s: z.number().min(0),
});

export type Announcement = z.infer<typeof announcementSchema>;
export type Lease = z.infer<typeof leaseSchema>;

function isOrigin(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.hostname === "") return false;
  return url.username === "" && url.password === "" && url.pathname === "/" && url.search === "" && url.hash === "";
}
