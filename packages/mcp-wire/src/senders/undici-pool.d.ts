// The one part of undici we use. Its index loads fetch, caches, mocks and web sockets besides: 11 MB of a small process.
declare module "undici/lib/dispatcher/pool.js" {
  import { Pool } from "undici";

  export default Pool;
}
