/** Runs work, but answers at the latest after `ms`: then with what `late` returns or, when that is an Error, throwing it. */
export async function withDeadline<T>(ms: number, work: () => Promise<T>, late: () => Error | T): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<T>((resolve, reject) => {
    timer = setTimeout(() => {
      const answer = late();
      if (answer instanceof Error) reject(answer);
      else resolve(answer);
    }, ms);
  });
  try {
    return await Promise.race([work(), limit]);
  } finally {
    clearTimeout(timer);
  }
}
