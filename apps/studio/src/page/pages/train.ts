/** The page “Train”: a folder of people or drawn ones, prepared, trained on and verified in a worker, with live curves; then the model to take away. */
import { proxy } from 'comlink';
import type { RunEvent } from '@facewright/core';
import { duration, figure, historyOf, html, percent, trainingSection, verificationSection } from '@facewright/report';
import { zipSync } from 'fflate';
import { drawSample } from '../drawn.js';
import { element, errorBox, field, numberInput, select, showError, showHtml, statusLine } from '../dom.js';
import { extrasOf } from '../extras.js';
import { download, dropZone } from '../files.js';
import { peopleOf } from '../people.js';
import { configFor, LOSS_NAMES, NET_HINT, NET_NAMES, type Choices } from '../settings.js';
import { runOf, state } from '../state.js';
import { lookForWeights, weightsPanel } from '../weights.js';
import { underWay } from '../under-way.js';
import { openWorker } from '../worker.js';
import type { EngineChoice } from '../workers/engine.js';
import type { PhotoFile, RunFiles } from '../workers/run.js';

/** Curves are drawn anew this often, and what is read out changes more seldom. */
const DRAW_MS = 700;
const TELL_MS = 5000;

export function trainPage(): HTMLElement {
  const status = statusLine();
  const error = errorBox();
  const progress = element('progress', { max: 1, value: 0, 'aria-label': 'Progress', hidden: true });
  const live = element('p', { class: 'live muted' });
  const engineLine = element('p', { class: 'live muted' });
  const curves = element('div', { class: 'report' });
  const results = element('div', { class: 'buttons' });
  const source = select(
    [
      ['drawn', 'drawn people'],
      ['folder', 'a folder of people'],
    ],
    'drawn',
  );
  const people = numberInput(60, 6, 400);
  const photos = numberInput(8, 3, 60);
  const net = select(NET_NAMES, 'small');
  const loss = select(LOSS_NAMES, 'arcface');
  const softmaxSteps = numberInput(200, 1, 1_000_000);
  const marginSteps = numberInput(160, 0, 1_000_000);
  const batch = numberInput(32, 2, 512);
  const heldOut = numberInput(12, 2, 1000);
  const seed = numberInput(1, 0, 2 ** 31 - 1);
  const engine = select(
    [
      ['auto', 'the fastest that works here'],
      ['webgpu', 'WebGPU'],
      ['wasm', 'WebAssembly'],
    ],
    'auto',
  );
  const start = element('button', { type: 'submit', class: 'main' }, 'Train');
  const stop = element('button', { type: 'button', disabled: true }, 'Stop');
  let given: PhotoFile[] | undefined;
  let number = 0;

  const folderLine = element('p', { class: 'hint' }, 'No folder is chosen yet.');
  const drawnFields = element('div', { class: 'fields' }, field('People', people), field('Photos per person', photos));
  const folderFields = element(
    'div',
    { hidden: true },
    dropZone('Drop a folder here that has one subfolder of photos for each person.', [
      {
        label: 'Choose a folder…',
        kind: 'directory',
        onFiles: (files) => {
          error.textContent = '';
          try {
            given = peopleOf(files);
            folderLine.textContent = `${given.length} photos of ${new Set(given.map(({ identity }) => identity)).size} people.`;
          } catch (cause) {
            showError(error, cause);
          }
        },
      },
    ]),
    folderLine,
    weightsPanel(),
  );
  source.addEventListener('change', () => {
    drawnFields.hidden = source.value !== 'drawn';
    folderFields.hidden = !drawnFields.hidden;
    if (!folderFields.hidden) void lookForWeights();
  });

  const choices = (): Choices => ({
    net: net.value as Choices['net'],
    loss: loss.value as Choices['loss'],
    softmaxSteps: softmaxSteps.valueAsNumber,
    marginSteps: marginSteps.valueAsNumber,
    batch: batch.valueAsNumber,
    heldOut: heldOut.valueAsNumber,
    seed: seed.valueAsNumber,
  });

  /** The photos to train on, and the weights where faces have to be found in them. */
  async function material(signal: AbortSignal): Promise<{ photos: PhotoFile[]; weights?: Uint8Array }> {
    if (source.value === 'drawn') {
      return {
        photos: await drawSample(
          seed.valueAsNumber,
          people.valueAsNumber,
          photos.valueAsNumber,
          (done, total) => {
            progress.value = done / total;
            live.textContent = `Drawing: ${done} of ${total} photos`;
          },
          signal,
        ),
      };
    }
    if (!given) throw new Error('Choose a folder of people first.');
    await lookForWeights();
    if (!state.weights)
      throw new Error('To find faces in these photos the weights of the detector are needed: give them above.');
    return { photos: given, weights: state.weights };
  }

  async function run(): Promise<void> {
    const name = `studio run ${++number}`;
    const events: RunEvent[] = [];
    const { work, broken, close } = openWorker();
    const abort = new AbortController();
    stop.onclick = () => {
      abort.abort(new Error('Stopped.'));
      void work.stop();
      status.textContent = 'Stopping after this step…';
    };
    error.textContent = '';
    results.replaceChildren();
    showHtml(curves, html``);
    progress.hidden = false;
    engineLine.textContent = '';
    stop.disabled = false;
    if (document.activeElement === start) stop.focus(); // a button that is switched off loses the keyboard
    start.disabled = true;
    status.textContent = 'Preparing…';
    const view = createView(events);
    try {
      const { photos, weights } = await material(abort.signal);
      const request = {
        photos,
        config: configFor(choices()),
        engine: engine.value as EngineChoice,
        drawn: source.value === 'drawn',
        ...(weights && { weights }),
      };
      const files = await Promise.race([work.run(request, proxy(view.take)), broken]);
      finish(name, events, files);
    } catch (cause) {
      showError(error, abort.signal.aborted ? 'Stopped. Nothing was kept of this training but its curves.' : cause);
      status.textContent = '';
    } finally {
      view.close();
      close();
      progress.hidden = true;
      start.disabled = false;
      if (document.activeElement === stop) start.focus();
      stop.disabled = true;
    }
  }

  /** Shows what the events tell, not oftener than can be looked at. */
  function createView(events: RunEvent[]): { take(event: RunEvent): void; close(): void } {
    let due: ReturnType<typeof setTimeout> | undefined;
    let told = 0;
    const draw = (): void => {
      due = undefined;
      showHtml(curves, trainingSection(historyOf(events)));
    };
    return {
      take(event) {
        events.push(event);
        if (event.type === 'notice' && event.message.includes(' is not used'))
          engineLine.textContent += `${event.message} `;
        if (event.type === 'engine.opened')
          engineLine.textContent = `Engine: ${event.name} (${event.device}). ${engineLine.textContent}`;
        if (event.type === 'progress') {
          const way = underWay(events, event.at);
          progress.value = way?.share ?? 0;
          live.textContent = [way?.task, way?.amount, way?.left].filter(Boolean).join(' · ');
        }
        if (event.type === 'train.step' || event.type === 'train.validation' || event.type === 'stage.finished')
          due ??= setTimeout(draw, DRAW_MS);
        const text = saying(event);
        if (!text || (event.type === 'train.step' && event.at - told < TELL_MS)) return;
        told = event.at;
        status.textContent = text;
      },
      close() {
        clearTimeout(due);
        draw();
        live.textContent = '';
      },
    };
  }

  function finish(name: string, events: readonly RunEvent[], files: RunFiles): void {
    const text = new TextDecoder();
    const made = runOf(name, events, () =>
      extrasOf({
        report: async () => text.decode(files['report.html']),
        metrics: async () => text.decode(files['metrics.json']),
      }),
    );
    state.addRun(made);
    state.addModel({
      name: `${name}/model`,
      run: made,
      bytes: async () => ({ card: files['model/model.json'], weights: files['model/weights.safetensors'] }),
    });
    const { evaluated, finished } = made.history;
    status.textContent = `Done in ${duration(finished?.seconds ?? 0)}.${evaluated ? ` ${percent(evaluated.verification.accuracy, 1)} of the pairs of unseen people were classified correctly.` : ''}`;
    const verified = element('div', { class: 'report' });
    showHtml(verified, verificationSection(made.history));
    const file = name.replace(/ /g, '-');
    results.replaceChildren(
      element(
        'button',
        {
          type: 'button',
          onclick: () => download(`${file}.onnx`, files['model/model.onnx'], 'application/octet-stream'),
        },
        'Download the model as ONNX',
      ),
      element(
        'button',
        {
          type: 'button',
          onclick: () => download(`${file}.zip`, zipSync({ [file]: nested(files) }), 'application/zip'),
        },
        'Download the run (zip)',
      ),
      element('a', { class: 'button', href: '#match' }, 'Match faces with it'),
      element('a', { class: 'button', href: '#runs' }, 'Compare it with other runs'),
      verified,
    );
  }

  const form = element(
    'form',
    { class: 'card' },
    element('div', { class: 'fields' }, field('Train on', source), field('Engine', engine)),
    drawnFields,
    folderFields,
    element(
      'div',
      { class: 'fields' },
      field('Model size', net, NET_HINT),
      field('Maximum softmax steps', softmaxSteps, 'The stage ends earlier once the loss has levelled off.'),
      field('Margin loss', loss, 'Follows softmax and pulls the people apart.'),
      field('Margin loss steps', marginSteps),
    ),
    element(
      'details',
      {},
      element('summary', {}, 'More settings'),
      element(
        'div',
        { class: 'fields' },
        field('Images per step', batch),
        field('People held out for verification', heldOut, 'The model never sees them; it is measured on them.'),
        field('Seed', seed),
      ),
    ),
    element('div', { class: 'buttons' }, start, stop),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void run();
  });
  return element(
    'div',
    {},
    element(
      'p',
      { class: 'lead' },
      'Train a face-recognition model in this page, from your photos or from drawn people. Keep the page open until it is done.',
    ),
    form,
    status,
    progress,
    live,
    engineLine,
    error,
    results,
    curves,
  );
}

/** What is worth being read out. */
function saying(event: RunEvent): string | undefined {
  switch (event.type) {
    case 'engine.opened':
      return `Engine: ${event.name} (${event.device}).`;
    case 'prepare.finished':
      return `Prepared ${event.summary.images} images of ${event.summary.identities} people.`;
    case 'stage.started':
      return `Training with ${event.loss}.`;
    case 'train.step':
      return `Step ${event.step}: loss ${figure(event.loss)}, accuracy ${percent(event.accuracy, 0)}, ${figure(event.imagesPerSecond)} images a second.`;
    case 'stage.finished':
      return `The stage with ${event.loss} ended after ${event.steps} steps: ${event.endedBecause}.`;
    case 'notice':
      return event.level === 'warning' ? event.message : undefined;
    default:
      return undefined;
  }
}

interface Nested {
  [name: string]: Uint8Array | Nested;
}

/** Paths as folders, as the zip wants them. */
function nested(files: RunFiles): Nested {
  const root: Nested = {};
  for (const [path, bytes] of Object.entries(files)) {
    const names = path.split('/');
    const folder = names.slice(0, -1).reduce((at, name) => (at[name] ??= {}) as Nested, root);
    folder[names[names.length - 1]] = bytes;
  }
  return root;
}
