/** Frees large arrays immediately. */

interface Transferable extends ArrayBuffer {
  /** ES2024; Node has it from version 21 on. */
  transfer?(length: number): ArrayBuffer;
}

/** Its other end is closed: what is sent is taken from the sender, and gone. */
let nowhere: InstanceType<typeof MessageChannel>['port1'] | undefined;

/**
 * Frees the memory of an array, which has length 0 afterwards, as have all others on the same buffer. Else it stays until the garbage
 * collector comes by; and V8 counts it, so that some megabytes of pixels in short-lived arrays make it go through all living objects again and again.
 * An array that is only a part of its buffer is left alone, as the rest may be somebody else's (Node's pool of small Buffers, WebAssembly's memory).
 */
export function releaseArray({ buffer, byteLength }: ArrayBufferView): void {
  if (!(buffer instanceof ArrayBuffer) || byteLength === 0 || byteLength < buffer.byteLength) return;
  const transferable: Transferable = buffer;
  if (transferable.transfer) {
    transferable.transfer(0);
    return;
  }
  if (!nowhere) {
    const { port1, port2 } = new MessageChannel();
    port2.close();
    nowhere = port1;
  }
  nowhere.postMessage(null, [buffer]);
}
