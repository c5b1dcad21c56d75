import { setTimeout as sleep } from "node:timers/promises";

/** @typedef {{ name: string, state: string, error?: unknown }} Upstream as /health lists it */

/**
 * Polls a gateway's /health until every upstream is up.
 * @param {string} url
 * @param {{ expected: number, patience: number }} options how many upstreams there are to be · milliseconds
 * @returns {Promise<string[]>} a sentence for everything that is not up when the patience is over; none: all is
 */
export async function waitUntilUp(url, { expected, patience }) {
  const giveUp = Date.now() + patience;
  for (;;) {
    const down = await whatIsDown(url, expected);
    if (down.length === 0 || Date.now() > giveUp) return down;
    await sleep(100);
  }
}

/**
 * Polls a URL until anything answers there, or the patience is over: whoever comes next reports what is wrong.
 * @param {string} url
 * @param {number} patience milliseconds
 */
export async function waitUntilLive(url, patience) {
  const giveUp = Date.now() + patience;
  const isLive = () =>
    fetch(url, { signal: AbortSignal.timeout(2000) }).then(
      () => true,
      () => false,
    );
  while (!(await isLive()) && Date.now() < giveUp) await sleep(50);
}

/**
 * @param {string} url
 * @param {number} expected
 */
async function whatIsDown(url, expected) {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(2000) });
    /** @type {{ upstreams: Upstream[] }} */
    const { upstreams } = await answer.json();
    const down = upstreams.filter(({ state }) => state !== "up");
    const missing = expected - upstreams.length;
    return [
      ...down.map(
        ({ name, state, error }) =>
          `${name} is ${state}${error ? `: ${JSON.stringify(error)}` : ""}; the gateway keeps trying.`,
      ),
      ...(missing > 0 ? [`${missing} of ${expected} shards are not known to the gateway yet.`] : []),
    ];
  } catch (error) {
    return [`${url} does not answer: ${error instanceof Error ? error.message : error}`];
  }
}
