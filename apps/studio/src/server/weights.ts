/** The MTCNN weights, as the command line tool gets them: out of its cache, or fetched when the user has asked for it. */
import { resolveMtcnnWeights } from '@facewright/preprocess';

export async function mtcnnWeights({ fetch }: { fetch: boolean }): Promise<Response> {
  const outcome = await resolveMtcnnWeights({ offline: !fetch });
  if (outcome.weights) {
    const { buffer, byteOffset, byteLength } = outcome.weights.numbers;
    return new Response(new Uint8Array(buffer, byteOffset, byteLength).slice(), {
      headers: { 'content-type': 'application/octet-stream' },
    });
  }
  if (!fetch) return new Response(null, { status: 204 }); // none yet, which is no error
  const text = `The weights could not be downloaded: ${outcome.reasons.join('; ')}. Choose their file instead.`;
  return new Response(text, { status: 502 });
}
