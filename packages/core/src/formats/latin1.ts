/** Latin-1 text, as used in headers and pickles, without Node's Buffer. */

/** Letters at a time: what may be given as arguments of one call. */
const PART = 8192;

/** Every byte as the letter of its number. */
export function latin1Text(bytes: Uint8Array): string {
  let text = '';
  for (let from = 0; from < bytes.length; from += PART)
    text += String.fromCharCode(...bytes.subarray(from, from + PART));
  return text;
}

/** The other way round; letters above 255 lose their upper part. */
export function latin1Bytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}
