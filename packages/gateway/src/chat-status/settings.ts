import * as z from "zod";

export const openWebUiSchema = z
  .strictObject({
    /** Where the gateway reaches Open WebUI. */
    url: z.url({ protocol: /^https?$/ }),
    /** Key of one of its administrators; nothing is shown while it is empty. */
    api_key: z.string().max(2000),
  })
  .optional();

export type OpenWebUiAddress = z.output<typeof openWebUiSchema>;
