// Run in an image by its HEALTHCHECK: whether the program takes requests. Plain HTTP, because `fetch` takes longer to load than to ask.
import { get } from "node:http";

const ask = get({ port: process.env.PORT || 9100, path: "/ready", timeout: 2500 }, (answer) => {
  process.exit(answer.statusCode === 200 ? 0 : 1);
});
ask.on("timeout", () => ask.destroy()).on("error", () => process.exit(1));
