/** Frees large arrays immediately. */

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

/**
 * Frees the memory of an array. It and all others on the same buffer then have length 0. Otherwise the memory waits for
 * the garbage collector, and since V8 counts it, a few megabytes of short-lived pixel arrays trigger full collections
 * again and again. An array that covers only part of its buffer is left alone, because the rest may belong to someone
 * else (Node's pool for small Buffers, WebAssembly memory).
 */
export function releaseArray({ buffer, byteLength }: ArrayBufferView): void {
  if (!(buffer instanceof ArrayBuffer) || byteLength === 0 || byteLength < buffer.byteLength) return;
  const transferable: Transferable = buffer;
  if (transferable.transfer) transferable.transfer(0);
  else nowhere!.postMessage(null, [buffer]);
}
