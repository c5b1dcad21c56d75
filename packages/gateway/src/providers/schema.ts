import * as z from "zod";
import { announceSchema } from "./announce/schema.ts";
import { dnsSchema } from "./dns/schema.ts";
import { dockerSchema } from "./docker/schema.ts";

/** `providers` of `gateway.yaml`: further sources of upstreams. A provider is on when its key is there, `{}` for its defaults. */
export const providersSchema = z.strictObject({
  docker: dockerSchema.optional(),
  dns: dnsSchema.optional(),
  announce: announceSchema.optional(),
});

export type ProvidersOptions = z.output<typeof providersSchema>;
