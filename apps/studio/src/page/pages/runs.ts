/**
 * The “Runs” page: lists open runs, follows those in progress, compares those that are ticked, and shows one like its
 * report.
 */
import {
  comparisonSection,
  dataSection,
  header,
  html,
  recordSection,
  trainingSection,
  verdictSection,
  verificationSection,
  type Html,
} from '@facewright/report';
import { element, errorBox, showError, showHtml, statusLine } from '../dom.js';
import type { Extras } from '../extras.js';
import { dropZone, type GivenFile } from '../files.js';
import { followRuns } from '../followed-runs.js';
import { createRunList } from '../run-list.js';
import { addDirectories, state, type Run } from '../state.js';

/** Number of runs that are compared initially. */
const TICKED_AT_FIRST = 8;
/** Redraws so that silence becomes visible although nothing happens. */
const REFRESH_MS = 15_000;

export function runsPage(): HTMLElement {
  const status = statusLine();
  const error = errorBox();
  const compared = element('div', {});
  const detail = element('div', {});
  const ticked = new Set<string>();
  const known = new Set<string>();
  let shown: string | undefined;
  const list = createRunList({
    onShow: (name) => {
      shown = name;
      draw();
    },
    onTick: (name, on) => {
      if (on) ticked.add(name);
      else ticked.delete(name);
      draw();
    },
  });

  const open = async (files: readonly GivenFile[]): Promise<void> => {
    error.textContent = '';
    try {
      const { runs, models } = await addDirectories(files);
      if (!runs && !models)
        throw new Error(
          'No run found. A run directory has the file events.jsonl; a model directory has model.json and weights.safetensors. The report.html of an older version does not contain its run, so open its directory instead.',
        );
      status.textContent = `Opened ${amount(runs, 'run')} and ${amount(models, 'model')}.`;
    } catch (cause) {
      showError(error, cause);
    }
  };

  const draw = (): void => {
    list.update(state.runs, { shown, ticked });
    const chosen = state.runs.filter(({ name }) => ticked.has(name));
    showHtml(compared, chosen.length > 1 ? comparisonSection(chosen) : html``);
    const run = state.runs.find(({ name }) => name === shown);
    showHtml(detail, run ? report(run, extras.get(run)) : html``);
    if (run) void fetchExtras(run);
  };

  const extras = new WeakMap<Run, Extras>();
  /** Pictures and verdict are written when a run finishes. */
  async function fetchExtras(run: Run): Promise<void> {
    if (extras.has(run) || !run.extras || !run.history.finished) return;
    extras.set(run, { pictures: {} });
    extras.set(run, await run.extras());
    draw();
  }

  const refresh = (): void => {
    for (const { name } of state.runs) {
      if (known.has(name)) continue;
      known.add(name);
      if (ticked.size < TICKED_AT_FIRST) ticked.add(name);
      shown = name;
    }
    draw();
  };
  state.onChange(refresh);
  refresh();
  setInterval(() => list.update(state.runs, { shown, ticked }), REFRESH_MS);
  const opening = element(
    'details',
    { open: true },
    element('summary', {}, 'Open runs'),
    dropZone('Drop run directories here, or their report.html. The files are read in this page; nothing is uploaded.', [
      { label: 'Choose a directory…', kind: 'directory', onFiles: (files) => void open(files) },
      { label: 'Choose reports…', kind: 'files', accept: '.html', onFiles: (files) => void open(files) },
    ]),
  );
  void followRuns().then(
    (found) => (opening.open = found === 0),
    (cause: unknown) => showError(error, cause),
  );
  const lead = 'View and compare the results of runs. A run of the command-line tool is followed while it trains.';
  return element('div', {}, element('p', { class: 'lead' }, lead), list.box, opening, status, error, compared, detail);
}

const amount = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`;

/** The run's report, live or finished. */
const report = ({ name, history }: Run, { pictures, verdict }: Extras = { pictures: {} }): Html =>
  html`<section class="report" aria-label="Report of ${name}">
    ${header(history)}${verdictSection(verdict)}${verificationSection(history, pictures.pairs)}${trainingSection(history)}${dataSection(history, pictures.crops, pictures.dropped)}${recordSection(history)}
  </section>`;
