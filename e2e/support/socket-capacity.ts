// How much the operating system takes of what nobody reads.
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/** Bytes that a connection of loopback holds whose other side reads nothing, written in parts of `part` bytes. */
export async function socketCapacity(part: number): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const reader = connect((server.address() as AddressInfo).port, "127.0.0.1");
  const [writer] = (await once(server, "connection")) as [Socket];
  reader.pause();
  let taken = 0;
  // What is left in the process after a moment is what the system did not take.
  for (let waited = 0; waited < 5;) {
    if (writer.writableLength === 0) {
      writer.write(Buffer.alloc(part, 0x78));
      taken += part;
      waited = 0;
    } else waited++;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  taken -= writer.writableLength;
  for (const socket of [reader, writer]) socket.destroy();
  server.close();
  return taken;
}
