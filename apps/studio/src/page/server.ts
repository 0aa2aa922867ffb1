/** The page's requests to its own server. Nothing else is ever sent to it. */

/** The weights from the tool's cache on this machine; `undefined` if it does not have them yet. */
export async function cachedWeights(): Promise<Uint8Array | undefined> {
  const answer = await fetch('api/weights/mtcnn').catch(() => undefined);
  return answer?.status === 200 && answer.headers.get('content-type') === 'application/octet-stream'
    ? new Uint8Array(await answer.arrayBuffer())
    : undefined;
}

/** Asks the server to download them from the command-line tool's source; only when the user agrees. */
export async function fetchWeights(): Promise<Uint8Array> {
  const token = document.querySelector<HTMLMetaElement>('meta[name="facewright-token"]')?.content ?? '';
  const answer = await fetch('api/weights/mtcnn', { method: 'POST', headers: { 'x-facewright-token': token } });
  if (!answer.ok) throw new Error(await answer.text());
  return new Uint8Array(await answer.arrayBuffer());
}

/** The file at a URL of the server; throws if it is not available. */
export async function get(address: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  const answer = await fetch(address, { headers });
  if (!answer.ok && answer.status !== 416)
    throw new Error(`The server returned status ${answer.status} for ${address}.`);
  return answer;
}
export const textAt = async (address: string): Promise<string> => (await get(address)).text();
export const bytesAt = async (address: string): Promise<Uint8Array> =>
  new Uint8Array(await (await get(address)).arrayBuffer());
