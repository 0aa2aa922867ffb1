// Puts the recogniser for browsers into the page, for browser.slow.test.ts.
import { wasm } from '@facewright/backend-wasm';
import { webgpu } from '@facewright/backend-webgpu';
import plain from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import simd from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import threaded from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url';
import { createRecogniser, setWasmPaths } from '../../src/browser.js';

setWasmPaths({
  'tfjs-backend-wasm.wasm': plain,
  'tfjs-backend-wasm-simd.wasm': simd,
  'tfjs-backend-wasm-threaded-simd.wasm': threaded,
});
const fetched = async (url) => new Uint8Array(await (await fetch(url)).arrayBuffer());

/** Enrols and compares photos by URL, and returns what it found as plain numbers. */
globalThis.recognised = async ({ engine, photos, detectorWeights, gallery }) => {
  const recogniser = await createRecogniser({
    model: '/model',
    ...(engine !== 'automatic' && { backend: { wasm, webgpu }[engine]() }),
    ...(detectorWeights && { detectorWeights }),
  });
  try {
    const embeddings = [];
    for (const photo of photos) embeddings.push([...(await recogniser.embed(photo))]);
    const [first, second] = photos;
    const { similarity } = await recogniser.compare(first, new File([await fetched(second)], 'second'));
    recogniser.useGallery(await fetched(gallery));
    const people = recogniser.people();
    const [found] = await recogniser.identify(first, { threshold: 0.4 });
    recogniser.forget('Ada');
    const enrolled = await recogniser.enrol('Eve', [second, new Uint8Array([1, 2])]);
    const bytes = [...recogniser.galleryBytes()];
    const [later] = await recogniser.identify(first, { threshold: 0.4 });
    const { identity } = recogniser;
    return { identity, embeddings, similarity, people, name: found.name, later: later.name, enrolled, bytes };
  } finally {
    await recogniser.dispose();
  }
};
globalThis.refusal = (options) => createRecogniser(options).then(() => 'opened', String);
