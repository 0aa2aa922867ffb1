/** Enrols people from photos or the camera, and names the faces in another photo. No photo leaves the page. */
import { createRecogniser, setWasmPaths } from '@facewright/recognise';
import plain from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import simd from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import threaded from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url';

const find = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;
const [status, controls, name] = [
  find('status'),
  find<HTMLFieldSetElement>('controls'),
  find<HTMLInputElement>('name'),
];

/** Shows what the work says, or why it failed; the controls are disabled meanwhile. */
async function told(work: () => Promise<string>): Promise<void> {
  controls.disabled = true;
  status.textContent = 'Working…';
  status.textContent = await work().catch((error: unknown) => String(error));
  controls.disabled = false;
}

setWasmPaths({
  'tfjs-backend-wasm.wasm': plain,
  'tfjs-backend-wasm-simd.wasm': simd,
  'tfjs-backend-wasm-threaded-simd.wasm': threaded,
});
const opening = createRecogniser({ model: 'model', detectorWeights: 'mtcnn-weights.f32' });
await told(async () => (await opening, 'Enrol somebody, then recognise a photo.'));

async function enrol(photos: readonly Blob[]): Promise<string> {
  const { added, skipped } = await (await opening).enrol(name.value, photos);
  return `${name.value}: ${added} enrolled, ${skipped.length} left out.`;
}

/** Of the picture on the page, in pixels. */
const WIDEST = 1280;

async function recognise(photo: Blob): Promise<string> {
  const recogniser = await opening;
  const measured = recogniser.card.metrics?.some(({ thresholdAtFar }) => thresholdAtFar);
  const faces = await recogniser.identify(photo, measured ? {} : { threshold: 0.4 });
  const bitmap = await createImageBitmap(photo);
  const picture = find<HTMLCanvasElement>('picture');
  const shown = Math.min(1, WIDEST / bitmap.width);
  Object.assign(picture, { width: shown * bitmap.width, height: shown * bitmap.height });
  const context = picture.getContext('2d')!;
  context.drawImage(bitmap, 0, 0, picture.width, picture.height);
  Object.assign(context, { strokeStyle: 'lime', fillStyle: 'lime', lineWidth: 3, font: '20px sans-serif' });
  for (const { face, name } of faces) {
    if (!face) continue;
    const [x, y, width, height] = [face.box.x, face.box.y, face.box.width, face.box.height].map((side) => shown * side);
    context.strokeRect(x, y, width, height);
    context.fillText(name ?? 'unknown', x, y - 6);
  }
  return (
    faces.map(({ name, similarity }) => `${name ?? 'unknown'} (${similarity?.toFixed(2)})`).join(', ') || 'No face.'
  );
}

async function fromCamera(): Promise<Blob> {
  const video = find<HTMLVideoElement>('camera');
  video.srcObject ??= await navigator.mediaDevices.getUserMedia({ video: true });
  video.hidden = false;
  await video.play();
  const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
  canvas.getContext('2d')!.drawImage(video, 0, 0);
  return canvas.convertToBlob({ type: 'image/png' });
}

const filesOf = ({ target }: Event): File[] => [...((target as HTMLInputElement).files ?? [])];
find('enrol-photos').addEventListener('change', (event) => void told(() => enrol(filesOf(event))));
find('recognise-photo').addEventListener('change', (event) => void told(() => recognise(filesOf(event)[0])));
find('enrol-camera').addEventListener('click', () => void told(async () => enrol([await fromCamera()])));
find('recognise-camera').addEventListener('click', () => void told(async () => recognise(await fromCamera())));
find('forget').addEventListener(
  'click',
  () =>
    void told(async () =>
      (await opening).forget(name.value) ? `${name.value} is forgotten.` : 'Nobody by that name.',
    ),
);
