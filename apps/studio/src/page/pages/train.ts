/**
 * The “Train” page: a folder of people or drawn ones is prepared, trained on and verified in a worker, with live
 * curves; then the model can be downloaded.
 */
import { proxy } from 'comlink';
import type { RunEvent } from '@facewright/core';
import { element, errorBox, showError } from '../dom.js';
import { createTrainForm } from '../train/form.js';
import { createLiveView } from '../train/live-view.js';
import { addTrained, resultsOf, summaryOf } from '../train/results.js';
import { openWorker } from '../worker.js';

export function trainPage(): HTMLElement {
  const error = errorBox();
  const view = createLiveView();
  const results = element('div', { class: 'buttons' });
  let stopNow: () => void = () => undefined;
  let number = 0;
  const form = createTrainForm({ error, onStart: () => void run(), onStop: () => stopNow() });

  async function run(): Promise<void> {
    const name = `studio run ${++number}`;
    const events: RunEvent[] = [];
    const { work, broken, close } = openWorker();
    const abort = new AbortController();
    stopNow = () => {
      abort.abort(new Error('Stopped.'));
      void work.stop();
      view.status.textContent = 'Stopping after this step…';
    };
    error.textContent = '';
    results.replaceChildren();
    form.setRunning(true);
    const take = view.begin(events);
    try {
      const request = await form.request(view.drawing, abort.signal);
      const files = await Promise.race([work.run(request, proxy(take)), broken]);
      const trained = addTrained(name, events, files);
      view.status.textContent = summaryOf(trained);
      results.replaceChildren(...resultsOf(trained, files));
    } catch (cause) {
      showError(error, abort.signal.aborted ? 'Stopped. Only the curves of this training were kept.' : cause);
      view.status.textContent = '';
    } finally {
      view.end();
      close();
      form.setRunning(false);
    }
  }

  const lead =
    'Train a face-recognition model in this page, from your photos or from drawn people. Keep the page open until it is done.';
  return element(
    'div',
    {},
    element('p', { class: 'lead' }, lead),
    form.form,
    view.status,
    ...view.lines,
    error,
    results,
    view.curves,
  );
}
