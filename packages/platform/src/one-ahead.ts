/** Makes the next item while the last one is in use. */

/**
 * The same items in the same order. Each is requested when the caller takes the one before it, and never two at once. When
 * the caller stops, the item in the making is waited for, so that what it uses can be closed.
 */
export async function* oneAhead<T>(source: AsyncIterable<T>): AsyncGenerator<T, void, undefined> {
  const iterator = source[Symbol.asyncIterator]();
  let next = iterator.next();
  try {
    for (;;) {
      const { done, value } = await next;
      if (done) return;
      next = iterator.next();
      next.catch(() => undefined); // thrown when its turn comes
      yield value;
    }
  } finally {
    await next.catch(() => undefined);
    await iterator.return?.();
  }
}
