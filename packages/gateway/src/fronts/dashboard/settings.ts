import * as z from "zod";

export const dashboardSchema = z
  .strictObject({
    /** Whether there is a page at `/`. */
    enabled: z.boolean().default(true),
    /** Whether tools can be called from it. */
    try_tools: z.boolean().default(true),
  })
  .prefault({});

export type DashboardSettings = z.output<typeof dashboardSchema>;
