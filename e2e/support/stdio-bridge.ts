// A program over stdio in front of a raw upstream: `node stdio-bridge.ts <url>`.
import { relay } from "./bridge.ts";

const target = process.argv[2] as string;
let rest = Buffer.alloc(0);

process.stdin.on("data", (chunk: Buffer) => {
  rest = Buffer.concat([rest, chunk]);
  for (let end = rest.indexOf(0x0a); end >= 0; end = rest.indexOf(0x0a)) {
    const line = Buffer.from(rest.subarray(0, end));
    rest = rest.subarray(end + 1);
    void relay(target, line).then((said) => process.stdout.write(said.map((text) => `${text}\n`).join("")));
  }
});
