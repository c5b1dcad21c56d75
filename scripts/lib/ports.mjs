import { createServer } from "node:net";

/** @typedef {{ name: string, variable: string, host: string, port: number }} Listener `variable` chooses another port */

/** What can be said of the reasons for which a port cannot be had, and what to do. @type {Record<string, (listener: Listener) => string>} */
const explanations = {
  EADDRINUSE: ({ name, port, variable }) =>
    `Port ${port} (${name}) is taken by another program. Stop that one, or choose another port: ${variable}=${port + 100} npm start`,
  EACCES: ({ name, port, variable }) =>
    `Port ${port} (${name}) needs privileges. Choose one above 1023: ${variable}=${port + 9000} npm start`,
  EADDRNOTAVAIL: ({ name, host }) => `${host} (${name}) is not an address of this machine: HOST=127.0.0.1 npm start`,
};

/**
 * Tries to listen where the programs will.
 * @param {readonly Listener[]} listeners
 * @returns {Promise<string[]>} one sentence for each that cannot be had
 */
export async function takenPorts(listeners) {
  const answers = await Promise.all(listeners.map(probe));
  return answers.filter((answer) => answer !== undefined);
}

/**
 * @param {Listener} listener
 * @returns {Promise<string | undefined>}
 */
function probe(listener) {
  return new Promise((done) => {
    const server = createServer();
    server.on("error", (error) => {
      const { code = "" } = /** @type {NodeJS.ErrnoException} */ (error);
      done(
        explanations[code]?.(listener) ?? `${listener.name} cannot listen on port ${listener.port}: ${error.message}`,
      );
    });
    server.listen({ host: listener.host, port: listener.port }, () => server.close(() => done(undefined)));
  });
}
