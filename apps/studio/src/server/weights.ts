/**
 * The MTCNN weights, from the same sources as the command-line tool: its cache, or a download once the user has asked
 * for it.
 */
import { resolveMtcnnWeights } from '@facewright/preprocess';

export async function mtcnnWeights({ fetch }: { fetch: boolean }): Promise<Response> {
  const outcome = await resolveMtcnnWeights({ offline: !fetch });
  if (outcome.weights) {
    const { buffer, byteOffset, byteLength } = outcome.weights.numbers;
    return new Response(new Uint8Array(buffer, byteOffset, byteLength).slice(), {
      headers: { 'content-type': 'application/octet-stream' },
    });
  }
  if (!fetch) return new Response(null, { status: 204 }); // none yet, which is not an error
  const text = `The weights could not be downloaded: ${outcome.reasons.join('; ')}. Choose their file instead.`;
  return new Response(text, { status: 502 });
}
