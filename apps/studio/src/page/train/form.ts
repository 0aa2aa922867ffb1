/** The form of the “Train” page: what to train on, and how. */
import { drawSample } from '../drawn.js';
import { element, field, numberInput, select, showError } from '../dom.js';
import { dropZone, type GivenFile } from '../files.js';
import { peopleOf } from '../people.js';
import { configFor, LOSS_NAMES, NET_HINT, NET_NAMES, type Choices } from '../settings.js';
import { state } from '../state.js';
import { lookForWeights, weightsPanel } from '../weights.js';
import type { EngineChoice } from '../workers/engine.js';
import type { PhotoFile, RunRequest } from '../workers/run.js';

export interface TrainForm {
  readonly form: HTMLFormElement;
  /** During a run, it can be stopped but not started. */
  setRunning(running: boolean): void;
  /** The photos to train on and all settings; drawing the photos takes a while. Throws if something is missing. */
  request(onDrawn: (done: number, total: number) => void, signal: AbortSignal): Promise<RunRequest>;
}

interface FormOptions {
  /** Where errors about the chosen folder are shown. */
  readonly error: HTMLElement;
  onStart(): void;
  onStop(): void;
}

export function createTrainForm({ error, onStart, onStop }: FormOptions): TrainForm {
  const source = sourceFields(error);
  const settings = settingFields();
  const start = element('button', { type: 'submit', class: 'main' }, 'Train');
  const stop = element('button', { type: 'button', disabled: true, onclick: onStop }, 'Stop');
  const form = element(
    'form',
    { class: 'card' },
    element('div', { class: 'fields' }, field('Train on', source.choice), settings.engineField),
    ...source.fields,
    ...settings.fields,
    element('div', { class: 'buttons' }, start, stop),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    onStart();
  });
  return {
    form,
    setRunning(running) {
      const [on, off] = running ? [stop, start] : [start, stop];
      on.disabled = false;
      if (document.activeElement === off) on.focus(); // a disabled button loses keyboard focus
      off.disabled = true;
    },
    async request(onDrawn, signal) {
      const choices = settings.choices();
      return {
        ...(await source.material(choices.seed, onDrawn, signal)),
        config: configFor(choices),
        engine: settings.engine(),
      };
    },
  };
}

interface SourceFields {
  readonly choice: HTMLSelectElement;
  readonly fields: readonly HTMLElement[];
  material(
    seed: number,
    onDrawn: (done: number, total: number) => void,
    signal: AbortSignal,
  ): Promise<Pick<RunRequest, 'photos' | 'drawn' | 'weights'>>;
}

/** Drawn people, or a folder of people and the detector's weights. */
function sourceFields(error: HTMLElement): SourceFields {
  const choice = select([
    ['drawn', 'drawn people'],
    ['folder', 'a folder of people'],
  ]);
  const people = numberInput(60, 6, 400);
  const photos = numberInput(8, 3, 60);
  const drawn = element('div', { class: 'fields' }, field('People', people), field('Photos per person', photos));
  const line = element('p', { class: 'hint' }, 'No folder chosen yet.');
  let given: PhotoFile[] | undefined;
  const take = (files: readonly GivenFile[]): void => {
    error.textContent = '';
    try {
      given = peopleOf(files);
      line.textContent = `${given.length} photos of ${new Set(given.map(({ identity }) => identity)).size} people.`;
    } catch (cause) {
      showError(error, cause);
    }
  };
  const zone = dropZone('Drop a folder here with one subfolder of photos per person.', [
    { label: 'Choose a folder…', kind: 'directory', onFiles: take },
  ]);
  const folder = element('div', { hidden: true }, zone, line, weightsPanel());
  choice.addEventListener('change', () => {
    drawn.hidden = choice.value !== 'drawn';
    folder.hidden = !drawn.hidden;
    if (!folder.hidden) void lookForWeights();
  });
  return {
    choice,
    fields: [drawn, folder],
    async material(seed, onDrawn, signal) {
      if (choice.value === 'drawn')
        return {
          photos: await drawSample(seed, people.valueAsNumber, photos.valueAsNumber, onDrawn, signal),
          drawn: true,
        };
      if (!given) throw new Error('Choose a folder of people first.');
      await lookForWeights();
      if (!state.weights)
        throw new Error("Detecting faces in these photos requires the detector's weights: provide them above.");
      return { photos: given, weights: state.weights };
    },
  };
}

/** The training settings. */
function settingFields(): {
  readonly engineField: HTMLElement;
  readonly fields: readonly HTMLElement[];
  choices(): Choices;
  engine(): EngineChoice;
} {
  const net = select(NET_NAMES, 'small');
  const loss = select(LOSS_NAMES, 'arcface');
  const softmaxSteps = numberInput(200, 1, 1_000_000);
  const marginSteps = numberInput(160, 0, 1_000_000);
  const batch = numberInput(32, 2, 512);
  const heldOut = numberInput(12, 2, 1000);
  const seed = numberInput(1, 0, 2 ** 31 - 1);
  const engine = select([
    ['auto', 'the fastest that works here'],
    ['webgpu', 'WebGPU'],
    ['wasm', 'WebAssembly'],
  ]);
  const main = element(
    'div',
    { class: 'fields' },
    field('Model size', net, NET_HINT),
    field('Maximum softmax steps', softmaxSteps, 'The stage ends earlier once the loss has levelled off.'),
    field('Margin loss', loss, 'Follows softmax and separates the people further.'),
    field('Margin loss steps', marginSteps),
  );
  const more = element(
    'details',
    {},
    element('summary', {}, 'More settings'),
    element(
      'div',
      { class: 'fields' },
      field('Images per step', batch),
      field(
        'People held out for verification',
        heldOut,
        'The model never sees them; its accuracy is measured on them.',
      ),
      field('Seed', seed),
    ),
  );
  return {
    engineField: field('Engine', engine),
    fields: [main, more],
    choices: () => ({
      net: net.value as Choices['net'],
      loss: loss.value as Choices['loss'],
      softmaxSteps: softmaxSteps.valueAsNumber,
      marginSteps: marginSteps.valueAsNumber,
      batch: batch.valueAsNumber,
      heldOut: heldOut.valueAsNumber,
      seed: seed.valueAsNumber,
    }),
    engine: () => engine.value as EngineChoice,
  };
}
