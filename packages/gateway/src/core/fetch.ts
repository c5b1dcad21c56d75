/** The web's `fetch`, as it is handed to whoever asks servers that are no upstreams. */
export type Fetch = (request: Request) => Promise<Response>;
