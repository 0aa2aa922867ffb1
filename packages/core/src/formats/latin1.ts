/** Latin-1 text, as used in headers and pickles, without Node's Buffer. */

/** Characters per `String.fromCharCode` call: the number of arguments is limited. */
const PART = 8192;

/** One character per byte, with the same code. */
export function latin1Text(bytes: Uint8Array): string {
  let text = '';
  for (let from = 0; from < bytes.length; from += PART)
    text += String.fromCharCode(...bytes.subarray(from, from + PART));
  return text;
}

/** The inverse. Codes above 255 lose their upper bits. */
export function latin1Bytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}
