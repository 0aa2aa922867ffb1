/** The results of a training: its model and its run, shared with the other pages and available for download. */
import type { RunEvent } from '@facewright/core';
import { duration, html, percent, readVerdict, verdictSection, verificationSection } from '@facewright/report';
import { zipSync } from 'fflate';
import { element, showHtml } from '../dom.js';
import { extrasOf } from '../extras.js';
import { download } from '../files.js';
import { runOf, state, type Run } from '../state.js';
import type { RunFiles } from '../workers/run.js';

/** Adds the run and its model to those of the page. */
export function addTrained(name: string, events: readonly RunEvent[], files: RunFiles): Run {
  const text = new TextDecoder();
  const run = runOf(name, events, () =>
    extrasOf({
      report: async () => text.decode(files['report.html']),
      metrics: async () => text.decode(files['metrics.json']),
    }),
  );
  state.addRun(run);
  state.addModel({
    name: `${name}/model`,
    run,
    bytes: async () => ({ card: files['model/model.json'], weights: files['model/weights.safetensors'] }),
  });
  return run;
}

/** One or two sentences. */
export function summaryOf({ history: { evaluated, finished } }: Run): string {
  const accuracy = evaluated && percent(evaluated.verification.accuracy, 1);
  return `Done in ${duration(finished?.seconds ?? 0)}.${accuracy ? ` ${accuracy} of the pairs of unseen people were classified correctly.` : ''}`;
}

/** Downloads, next steps, the verdict, and the verification. */
export function resultsOf({ name, history }: Run, files: RunFiles): HTMLElement[] {
  const file = name.replace(/ /g, '-');
  const button = (label: string, onclick: () => void): HTMLElement =>
    element('button', { type: 'button', onclick }, label);
  const verified = element('div', { class: 'report' });
  const verdict = readVerdict(new TextDecoder().decode(files['metrics.json']));
  showHtml(verified, html`${verdictSection(verdict)}${verificationSection(history)}`);
  return [
    button('Download the model as ONNX', () =>
      download(`${file}.onnx`, files['model/model.onnx'], 'application/octet-stream'),
    ),
    button('Download the run (zip)', () =>
      download(`${file}.zip`, zipSync({ [file]: nested(files) }), 'application/zip'),
    ),
    element('a', { class: 'button', href: '#match' }, 'Match faces with it'),
    element('a', { class: 'button', href: '#runs' }, 'Compare it with other runs'),
    verified,
  ];
}

interface Nested {
  [name: string]: Uint8Array | Nested;
}

/** Paths as nested folders, which the zip library expects. */
function nested(files: RunFiles): Nested {
  const root: Nested = {};
  for (const [path, bytes] of Object.entries(files)) {
    const names = path.split('/');
    const folder = names.slice(0, -1).reduce((at, name) => (at[name] ??= {}) as Nested, root);
    folder[names[names.length - 1]] = bytes;
  }
  return root;
}
