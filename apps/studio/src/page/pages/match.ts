/**
 * The “Match” page: two photos, a selected face in each, and whether they show the same person at the chosen false
 * accept rate.
 */
import type { GalleryModel } from '@facewright/recognise';
import { cosineSimilarity } from '@facewright/training';
import { drawSample } from '../drawn.js';
import { learnedFromDrawnFaces } from '../drawn-people.js';
import { element, errorBox, showError, statusLine } from '../dom.js';
import { answerTo } from '../match/answer.js';
import { createGallery, type PeopleGallery } from '../match/gallery.js';
import { modelSettings, type ModelSettings } from '../match/model-settings.js';
import { createPhotoSlot, type Photo, type PhotoSlot } from '../match/photo-slot.js';
import { state, type Model } from '../state.js';
import { lookForWeights, weightsPanel } from '../weights.js';
import { openWorker, type OpenWorker } from '../worker.js';

/** Seeds of drawn people that no training in the page uses. */
const DRAWN_SEED = 9001;

export function matchPage(): HTMLElement {
  const status = statusLine();
  const engineLine = element('p', { class: 'hint' }, 'The engine starts with the first photo.');
  const error = errorBox();
  const answer = element('div', { class: 'verdict', role: 'status', 'aria-live': 'polite' });
  const model = modelSettings({ onChange: () => void update(), onThreshold: decide });
  const slots = ['First photo', 'Second photo'].map((name, index) =>
    createPhotoSlot({ name, onPhoto: (blob) => take(index, blob), onChoose: decide }),
  );
  const gallery = createGallery({ onChange: () => void update() });
  const matcher = openMatcher((text) => (engineLine.textContent = text));
  let last: Promise<void> = Promise.resolve();

  /** Detects the faces that are still missing, then answers. One step at a time, because the worker has one engine. */
  function update(): Promise<void> {
    return (last = last.then(findFaces).catch((cause: unknown) => {
      status.textContent = '';
      showError(error, cause);
    }));
  }

  async function findFaces(): Promise<void> {
    error.textContent = '';
    if (!slots.some(({ photo }) => photo) && !gallery.isWaiting()) return decide();
    if (slots.some(({ photo }) => photo && !photo.landmarks) || gallery.needsDetector()) await lookForWeights();
    const chosen = model.chosen();
    if (!chosen) throw new Error('There is no model yet. Open one below, or train one on the page “Train”.');
    status.textContent = 'Loading the model…';
    if (await matcher.use(chosen)) for (const each of [...slots, gallery]) each.forget();
    for (const slot of slots) {
      const { photo, name } = slot;
      if (!photo || slot.faces) continue;
      status.textContent = `Detecting faces in the ${name.toLowerCase()}…`;
      try {
        await slot.show(await matcher.faces(photo));
      } catch (cause) {
        // without a detector, tries again once there is one; otherwise only another photo helps
        slot.fail(cause, Boolean(state.weights ?? photo.landmarks));
      }
    }
    // without a detector, waits for one
    if (gallery.isWaiting() && (state.weights || !gallery.needsDetector()))
      await gallery.fill(matcher.model(), matcher.faces, (text) => (status.textContent = text));
    status.textContent = '';
    decide();
  }

  function decide(): void {
    answer.replaceChildren(...answersTo(slots, model, gallery));
  }

  function take(index: number, blob: Blob): void {
    slots[index].put({ blob });
    answer.replaceChildren();
    void update();
  }

  async function takeDrawn(same: boolean): Promise<void> {
    const photos = await drawSample(DRAWN_SEED + Math.floor(Math.random() * 1000), 2, 2, () => undefined);
    const chosen = same ? [photos[0], photos[1]] : [photos[0], photos[2]];
    // both at once: the new first photo with the old second one would give an answer nobody asked for
    chosen.forEach(({ blob, landmarks }, index) => slots[index].put({ blob, ...(landmarks && { landmarks }) }));
    answer.replaceChildren();
    await update();
  }

  state.onChange(() => {
    model.update();
    void update();
  });
  const page = element(
    'div',
    {},
    element('p', { class: 'lead' }, 'Do two photos show the same person? The photos never leave this page.'),
    photosSection(slots, (same) => void takeDrawn(same)),
    status,
    error,
    answer,
    card('Gallery', gallery.box),
    card('Model', model.box, engineLine),
    card('Face detector', weightsPanel()),
  );
  takePasted(page, (blob) => take(pasteTarget(slots), blob));
  return page;
}

/** Whether the two chosen faces belong to one person, and who in the gallery each one is. */
function answersTo(slots: readonly PhotoSlot[], model: ModelSettings, gallery: PeopleGallery): (Node | string)[] {
  const [a, b] = slots.map(({ chosen }) => chosen);
  if (!a && !b) return [];
  const { threshold, rate } = model.threshold();
  if (Number.isNaN(threshold)) return ['Give a threshold.'];
  const run = model.chosen()?.run;
  const photos = slots.some(({ photo }) => photo && !photo.landmarks);
  const outOfPlace = photos && run !== undefined && learnedFromDrawnFaces(run);
  const names = slots.flatMap(({ name, chosen }) => {
    const found = chosen && gallery.nameOf(chosen.embedding, threshold);
    return found ? [element('p', {}, `${name}: ${found}.`)] : [];
  });
  if (!a || !b) return names;
  const cosine = cosineSimilarity(a.embedding, b.embedding);
  return [...answerTo({ cosine, threshold, outOfPlace, ...(rate && { rate }) }), ...names];
}

/** A pasted photo goes to the focused slot, or else to the first empty one. */
function pasteTarget(slots: readonly PhotoSlot[]): number {
  const focused = slots.findIndex(({ panel }) => panel.contains(document.activeElement));
  const empty = slots.findIndex(({ photo }) => !photo);
  return [focused, empty].find((index) => index >= 0) ?? slots.length - 1;
}

const card = (title: string, ...content: HTMLElement[]): HTMLElement =>
  element('section', { class: 'card', 'aria-label': title }, element('h2', {}, title), ...content);

function photosSection(slots: readonly PhotoSlot[], takeDrawn: (same: boolean) => void): HTMLElement {
  const draw = (same: boolean, text: string): HTMLElement =>
    element('button', { type: 'button', onclick: () => takeDrawn(same) }, text);
  return element(
    'section',
    { 'aria-label': 'Photos' },
    element('div', { class: 'two' }, ...slots.map(({ panel }) => panel)),
    element(
      'div',
      { class: 'buttons' },
      element('span', { class: 'muted' }, 'No photos at hand?'),
      draw(true, 'Draw one person twice'),
      draw(false, 'Draw two people'),
    ),
  );
}

/** Pictures pasted while the page is shown. */
function takePasted(page: HTMLElement, onPhoto: (blob: Blob) => void): void {
  document.addEventListener('paste', ({ clipboardData }) => {
    if (page.offsetParent === null) return;
    const file = Array.from(clipboardData?.files ?? []).find(({ type }) => type.startsWith('image/'));
    if (file) onPhoto(file);
  });
}

/** The worker, started with the first photo. */
function openMatcher(onEngine: (text: string) => void): {
  /** Returns whether it differs from the previous one. */
  use(model: Model): Promise<boolean>;
  /** The one in use. */
  model(): GalleryModel;
  faces(photo: Photo): ReturnType<OpenWorker['work']['faces']>;
} {
  let open: OpenWorker | undefined;
  let engine: Promise<void> | undefined;
  let used: Model | undefined;
  let about: GalleryModel | undefined;
  let weights: Uint8Array | undefined;
  return {
    async use(model) {
      const { work, broken } = (open ??= openWorker());
      engine ??= Promise.race([work.open('auto'), broken]).then(({ name, device, passedOver }) =>
        onEngine([`Engine: ${name} (${device}).`, ...passedOver].join(' ')),
      );
      await engine;
      if (state.weights && weights !== state.weights) {
        await work.useDetector(state.weights);
        weights = state.weights;
      }
      if (used === model) return false;
      about = await work.useModel(await model.bytes());
      used = model;
      return true;
    },
    model: () => about!,
    faces: ({ blob, landmarks }) => open!.work.faces(blob, landmarks),
  };
}
