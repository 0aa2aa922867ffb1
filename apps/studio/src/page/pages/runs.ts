/** The page “Runs”: opens run directories, compares those that are ticked, and shows one as its report does. */
import {
  comparisonSection,
  dataSection,
  header,
  html,
  recordSection,
  trainingSection,
  verificationSection,
  type Html,
} from '@facewright/report';
import { element, errorBox, field, select, showError, showHtml, statusLine } from '../dom.js';
import { dropZone, type GivenFile } from '../files.js';
import { loadServedRuns } from '../server.js';
import { addDirectories, state, type Run } from '../state.js';

export function runsPage(): HTMLElement {
  const status = statusLine();
  const error = errorBox();
  const list = element('div', {});
  const compared = element('div', {});
  const detail = element('div', {});
  const ticked = new Set<string>();
  let shown: string | undefined;

  const open = async (files: readonly GivenFile[]): Promise<void> => {
    error.textContent = '';
    try {
      const { runs, models } = await addDirectories(files);
      if (!runs && !models)
        throw new Error(
          'There is no run in it: a run directory has the file events.jsonl, and a model directory model.json and weights.safetensors. A report.html of an older version does not hold its run: open the directory instead.',
        );
      status.textContent = `Opened ${amount(runs, 'run')} and ${amount(models, 'model')}.`;
    } catch (cause) {
      showError(error, cause);
    }
  };

  const draw = (): void => {
    const chosen = state.runs.filter(({ name }) => ticked.has(name));
    showHtml(compared, chosen.length > 1 ? comparisonSection(chosen) : html``);
    const run = state.runs.find(({ name }) => name === shown);
    showHtml(detail, run ? report(run) : html``);
  };

  const refresh = (): void => {
    for (const { name } of state.runs) {
      if (known.has(name)) continue;
      known.add(name);
      ticked.add(name);
      shown = name;
    }
    list.replaceChildren(
      ...(state.runs.length
        ? [runList()]
        : [
            element(
              'p',
              { class: 'muted' },
              'No run is open yet. One that is trained on the page “Train” appears here, too.',
            ),
          ]),
    );
    draw();
  };
  const known = new Set<string>();

  function runList(): HTMLElement {
    const boxes = state.runs.map(({ name }) => {
      const box = element('input', { type: 'checkbox', checked: ticked.has(name) });
      box.addEventListener('change', () => {
        if (box.checked) ticked.add(name);
        else ticked.delete(name);
        draw();
      });
      return element('label', { class: 'tick' }, box, name);
    });
    const choice = select(
      state.runs.map(({ name }) => [name, name] as const),
      shown,
    );
    choice.addEventListener('change', () => {
      shown = choice.value;
      draw();
    });
    return element(
      'div',
      { class: 'card' },
      element('fieldset', {}, element('legend', {}, 'Compare'), ...boxes),
      field('Show in full', choice),
    );
  }

  state.onChange(refresh);
  refresh();
  void loadServedRuns().then(
    (found) => found && (status.textContent = `The server has ${amount(found, 'run')}.`),
    (cause: unknown) => showError(error, cause),
  );

  return element(
    'div',
    {},
    element(
      'p',
      { class: 'lead' },
      'Open the directories that runs were written into, and compare them. Nothing is uploaded: the files are read in this page.',
    ),
    dropZone('Drop run directories here, or their report.html.', [
      { label: 'Choose a directory…', kind: 'directory', onFiles: (files) => void open(files) },
      { label: 'Choose reports…', kind: 'files', accept: '.html', onFiles: (files) => void open(files) },
    ]),
    status,
    error,
    list,
    compared,
    detail,
  );
}

const amount = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`;

/** The run's report, live or finished. */
const report = ({ name, history }: Run): Html =>
  html`<section class="report" aria-label="Report of ${name}">${header(history)}${verificationSection(history)}${trainingSection(history)}${dataSection(history, [])}${recordSection(history)}</section>`;
