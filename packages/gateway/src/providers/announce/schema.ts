import { LONGEST_LEASE_S } from "@shardgate/contract";
import * as z from "zod";
import { durationSchema } from "../../config/duration.ts";

/** `providers.announce`: shards that register themselves at `POST /announce`. */
export const announceSchema = z.strictObject({
  /** What a shard has to send as its bearer token (its GATEWAY_TOKEN). */
  token: z.string().min(16, "must have 16 characters at least"),
  /** How long an announcement counts unless it is sent again. */
  lease: durationSchema
    .refine((ms) => ms >= 1_000 && ms <= LONGEST_LEASE_S * 1_000, "must be from 1s to 5m")
    .prefault("15s"),
  /** How many shards may be registered at once. */
  max: z.int().min(1).max(1_000).default(100),
});

export type AnnounceOptions = z.output<typeof announceSchema>;
