import * as z from "zod";
import { configSchema } from "./schema.ts";

/** The published JSON Schema (2020-12) of `gateway.yaml`; `schemas/gateway.json` is made from it. */
export const gatewayJsonSchema: Record<string, unknown> = {
  ...z.toJSONSchema(configSchema, { io: "input" }),
  title: "Configuration of the Shardgate gateway",
};
