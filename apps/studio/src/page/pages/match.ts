/** The page “Match”: two photos, their aligned faces, the cosine of their embeddings, and whether that is one person at the false accept rate chosen. */
import type { Landmarks } from '@facewright/core';
import { cosineSimilarity } from '@facewright/training';
import { drawSample } from '../drawn.js';
import { element, errorBox, field, numberInput, select, showError, statusLine } from '../dom.js';
import { dropZone } from '../files.js';
import { faceCanvas, photoCanvas } from '../images.js';
import { addDirectories, state, type Model } from '../state.js';
import { thresholdsOf } from '../verdict.js';
import { lookForWeights, weightsPanel } from '../weights.js';
import { openWorker, type OpenWorker } from '../worker.js';
import type { FoundFace } from '../workers/matcher.js';

interface Slot {
  readonly panel: HTMLElement;
  readonly error: HTMLElement;
  readonly name: string;
  photo?: { blob: Blob; landmarks?: Landmarks };
  found?: FoundFace;
}

/** Seeds of drawn people that no training of the page draws. */
const DRAWN_SEED = 9001;
/** Where nothing says what a model's cosines mean. */
const PLAIN_THRESHOLD = 0.35;

export function matchPage(): HTMLElement {
  const status = statusLine();
  const engineLine = element('p', { class: 'hint' }, 'The engine starts with the first photo.');
  const error = errorBox();
  const verdict = element('div', { class: 'verdict', role: 'status', 'aria-live': 'polite' });
  const modelChoice = select([]);
  const farChoice = select([]);
  const ownThreshold = numberInput(PLAIN_THRESHOLD, -1, 1, 'any');
  const farField = field(
    'False accept rate',
    farChoice,
    'Of pairs of two people, the share that may pass for one; measured on people the model never saw.',
  );
  const ownField = field(
    'Threshold',
    ownThreshold,
    'This model brings no verification that would give thresholds: photos whose cosine reaches this are called the same person.',
  );
  const slots = [makeSlot('First photo'), makeSlot('Second photo')];
  let open: OpenWorker | undefined;
  let engine: Promise<void> | undefined;
  let used: { model?: Model; weights?: Uint8Array } = {};
  let last: Promise<void> = Promise.resolve();

  function makeSlot(name: string): Slot {
    const slot: Slot = { name, panel: element('div', { class: 'found' }), error: errorBox() };
    return slot;
  }

  /** One thing after another: the worker has one engine. */
  const inTurn = (work: () => Promise<void>): Promise<void> =>
    (last = last.then(work).catch((cause: unknown) => showError(error, cause)));

  async function ready(): Promise<OpenWorker['work']> {
    open ??= openWorker();
    const worker = open.work;
    engine ??= Promise.race([worker.open('auto'), open.broken]).then(
      ({ name, device, passedOver }) =>
        void (engineLine.textContent = `Engine: ${name} (${device}). ${passedOver.map((reason) => `Passed over: ${reason}.`).join(' ')}`),
    );
    await engine;
    const model = state.models.find(({ name }) => name === modelChoice.value);
    if (!model) throw new Error('There is no model yet. Train one on the page “Train”, or open a model directory.');
    if (used.model !== model) {
      status.textContent = 'Loading the model…';
      await worker.useModel(await model.bytes());
      used = { ...used, model };
      for (const slot of slots) slot.found = undefined;
    }
    if (state.weights && used.weights !== state.weights) {
      await worker.useDetector(state.weights);
      used = { ...used, weights: state.weights };
    }
    return worker;
  }

  /** Whatever has no face yet gets one; then the verdict. */
  const update = (): Promise<void> =>
    inTurn(async () => {
      error.textContent = '';
      if (!slots.some(({ photo }) => photo)) return;
      if (slots.some(({ photo }) => photo && !photo.landmarks)) await lookForWeights();
      status.textContent = 'Starting the engine…';
      const worker = await ready();
      for (const slot of slots) {
        if (!slot.photo || slot.found) continue;
        status.textContent = `Looking for the face in the ${slot.name.toLowerCase()}…`;
        slot.panel.replaceChildren();
        slot.error.textContent = '';
        try {
          slot.found = await worker.face(slot.photo.blob, slot.photo.landmarks);
        } catch (cause) {
          showError(slot.error, cause);
          // without a detector it is looked at again once there is one; else only another photo helps
          if (state.weights || slot.photo.landmarks) slot.photo = undefined;
          continue;
        }
        const { aligned, faces, face } = slot.found;
        slot.panel.replaceChildren(
          element(
            'figure',
            {},
            await photoCanvas(slot.photo.blob, face, `${slot.name}${face ? ', the face found in it marked' : ''}`),
            element(
              'figcaption',
              {},
              faces > 1
                ? `${faces} faces: the largest is taken`
                : faces
                  ? 'One face'
                  : 'A drawn face: its points are known',
            ),
          ),
          element(
            'figure',
            {},
            faceCanvas(aligned, `Aligned face of the ${slot.name.toLowerCase()}`),
            element('figcaption', {}, 'Aligned'),
          ),
        );
      }
      status.textContent = '';
      decide();
    });

  function decide(): void {
    const [a, b] = slots.map(({ found }) => found);
    if (!a || !b) return verdict.replaceChildren();
    const cosine = cosineSimilarity(a.embedding, b.embedding);
    const threshold = farField.hidden ? ownThreshold.valueAsNumber : Number(farChoice.value);
    const rate = farField.hidden ? '' : ` of a false accept rate of ${farChoice.selectedOptions[0].dataset.far}`;
    if (Number.isNaN(threshold)) return verdict.replaceChildren('Give a threshold.');
    const same = cosine >= threshold;
    const share = (value: number): number => Math.min(Math.max((value + 1) / 2, 0), 1) * 100;
    const scale = element(
      'div',
      { class: 'scale', 'aria-hidden': true },
      element('span', { class: 'value' }),
      element('span', { class: 'limit' }),
    );
    (scale.children[0] as HTMLElement).style.width = `${share(cosine)}%`;
    (scale.children[1] as HTMLElement).style.left = `${share(threshold)}%`;
    verdict.replaceChildren(
      element('p', { class: `answer ${same ? 'same' : 'different'}` }, same ? 'Same person' : 'Two people'),
      element(
        'p',
        {},
        `Cosine ${cosine.toFixed(4)}, ${same ? 'at or above' : 'below'} the threshold ${threshold.toFixed(4)}${rate}.`,
      ),
      scale,
    );
  }

  function showThresholds(): void {
    const model = state.models.find(({ name }) => name === modelChoice.value);
    const verification = model?.run?.history.evaluated?.verification;
    const thresholds = verification ? thresholdsOf(verification) : [];
    farField.hidden = thresholds.length === 0;
    ownField.hidden = thresholds.length > 0;
    farChoice.replaceChildren(
      ...thresholds.map(({ name, at }) =>
        element(
          'option',
          { value: at.threshold, 'data-far': name },
          `${name}: 1 pair of two people in ${Math.round(1 / Number(name))} passes, ${(at.tar * 100).toFixed(1)} % of true pairs do`,
        ),
      ),
    );
    if (thresholds.length > 1) farChoice.selectedIndex = 1;
  }

  function showModels(): void {
    const former = modelChoice.value;
    const names = state.models.map(({ name }) => name);
    if (names.join('\n') !== Array.from(modelChoice.options, ({ value }) => value).join('\n')) {
      modelChoice.replaceChildren(...names.map((name) => element('option', { value: name }, name)));
      modelChoice.value = names.includes(former) ? former : (names[names.length - 1] ?? '');
      showThresholds();
    }
    noModel.hidden = names.length > 0;
    choices.hidden = !noModel.hidden;
    opening.open = names.length === 0;
    void update();
  }

  function put(index: number, blob: Blob, landmarks?: Landmarks): void {
    slots[index].photo = { blob, landmarks };
    slots[index].found = undefined;
    slots[index].panel.replaceChildren();
    slots[index].error.textContent = '';
    verdict.replaceChildren();
  }

  async function take(index: number, blob: Blob): Promise<void> {
    put(index, blob);
    await update();
  }

  async function takeDrawn(same: boolean): Promise<void> {
    const photos = await drawSample(DRAWN_SEED + Math.floor(Math.random() * 1000), 2, 2, () => undefined);
    const chosen = same ? [photos[0], photos[1]] : [photos[0], photos[2]];
    chosen.forEach(({ blob, landmarks }, index) => put(index, blob, landmarks));
    await update(); // of both at once: the first with the former second would have a verdict that nobody asked for
  }

  const noModel = element(
    'p',
    {},
    'There is no model yet: ',
    element('a', { href: '#train' }, 'train one'),
    ', or open one here.',
  );
  const choices = element('div', { class: 'fields' }, field('Model', modelChoice), farField, ownField);
  const openModel = dropZone(
    'Drop a model directory (model.json and weights.safetensors), or a whole run directory: its verification then gives the thresholds.',
    [
      {
        label: 'Choose a model directory…',
        kind: 'directory',
        onFiles: (files) =>
          void addDirectories(files).then(
            ({ models }) =>
              models ||
              showError(error, 'There is no model in it: a model directory has model.json and weights.safetensors.'),
            (cause: unknown) => showError(error, cause),
          ),
      },
    ],
  );
  const opening = element('details', { open: true }, element('summary', {}, 'Open a model'), openModel);
  modelChoice.addEventListener('change', () => {
    showThresholds();
    verdict.replaceChildren();
    void update();
  });
  farChoice.addEventListener('change', decide);
  ownThreshold.addEventListener('input', decide);
  state.onChange(showModels);
  showModels();

  return element(
    'div',
    {},
    element(
      'p',
      { class: 'lead' },
      'Do two photos show one person? Faces are found, aligned and compared in this page; the photos never leave it.',
    ),
    element(
      'section',
      { class: 'card', 'aria-label': 'Model' },
      element('h2', {}, 'Model'),
      noModel,
      choices,
      opening,
      engineLine,
    ),
    element(
      'section',
      { class: 'card', 'aria-label': 'Face detector' },
      element('h2', {}, 'Face detector'),
      weightsPanel(),
    ),
    element(
      'section',
      { 'aria-label': 'Photos' },
      element('h2', {}, 'Photos'),
      element(
        'div',
        { class: 'two' },
        ...slots.map(({ name, panel, error: slotError }, index) =>
          element(
            'div',
            { class: 'card', role: 'group', 'aria-label': name },
            element('h3', {}, name),
            dropZone('Drop a photo here.', [
              {
                label: `Choose the ${name.toLowerCase()}…`,
                kind: 'file',
                accept: 'image/*',
                onFiles: ([{ file }]) => void take(index, file),
              },
            ]),
            slotError,
            panel,
          ),
        ),
      ),
      element(
        'div',
        { class: 'buttons' },
        element('button', { type: 'button', onclick: () => void takeDrawn(true) }, 'Draw one person twice'),
        element('button', { type: 'button', onclick: () => void takeDrawn(false) }, 'Draw two people'),
      ),
    ),
    status,
    error,
    verdict,
  );
}
