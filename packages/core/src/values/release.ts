/** Frees large arrays immediately, or gives them back to an owner that uses their memory again. */

interface Transferable extends ArrayBuffer {
  /** ES2024, in Node from version 21. */
  transfer?(length: number): ArrayBuffer;
}

/**
 * A port whose other end is closed: transferring a buffer to it frees the buffer. It is made when this module loads, because
 * the end closes only when the event loop turns, and until then the port would keep what it gets: a worker thread that is
 * never idle would keep everything.
 */
const nowhere = 'transfer' in ArrayBuffer.prototype ? undefined : closedPort();

function closedPort(): InstanceType<typeof MessageChannel>['port1'] {
  const { port1, port2 } = new MessageChannel();
  port2.close();
  return port1;
}

/** Shared memory that has an owner, and which array of it was lent. */
const lent = new WeakMap<SharedArrayBuffer, Lent>();

interface Lent {
  readonly offset: number;
  readonly length: number;
  readonly back: () => void;
}

/**
 * Calls `back` once, when `array` is passed to `releaseArray`. For memory that is shared with threads: it cannot be freed,
 * but its owner can use it for something else. Getting new memory is expensive, because the system clears it.
 */
export function lendArray(
  { buffer, byteOffset, byteLength }: ArrayBufferView<SharedArrayBuffer>,
  back: () => void,
): void {
  lent.set(buffer, { offset: byteOffset, length: byteLength, back });
}

/**
 * Frees the memory of an array. It and all others on the same buffer then have length 0. Otherwise the memory waits for
 * the garbage collector, and since V8 counts it, a few megabytes of short-lived pixel arrays trigger full collections
 * again and again. An array that covers only part of its buffer is left alone, because the rest may belong to someone
 * else (Node's pool for small Buffers, WebAssembly memory). A lent array goes back to its owner and will hold other
 * values.
 */
export function releaseArray({ buffer, byteOffset, byteLength }: ArrayBufferView): void {
  if (isShared(buffer)) {
    const { offset, length, back } = lent.get(buffer) ?? {};
    if (offset !== byteOffset || length !== byteLength) return;
    lent.delete(buffer);
    back!();
    return;
  }
  if (!(buffer instanceof ArrayBuffer) || byteLength === 0 || byteLength < buffer.byteLength) return;
  const transferable: Transferable = buffer;
  if (transferable.transfer) transferable.transfer(0);
  else nowhere!.postMessage(null, [buffer]);
}

/** `SharedArrayBuffer` does not exist in pages that are not isolated. */
const isShared = (buffer: ArrayBufferLike): buffer is SharedArrayBuffer =>
  typeof SharedArrayBuffer === 'function' && buffer instanceof SharedArrayBuffer;
