/** Prefetching: results come in the order of the items, with up to `depth` loads in progress. */

/** `load` must not reject for ordinary failures: a rejection ends the iteration when its turn comes. */
export async function* prefetched<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  depth: number,
  load: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const under: Promise<R>[] = [];
  for await (const item of items) {
    const loading = load(item);
    loading.catch(() => undefined); // awaited below; this avoids an unhandled rejection until then
    under.push(loading);
    if (under.length > depth) yield await (under.shift() as Promise<R>);
  }
  for (const loading of under) yield await loading;
}
