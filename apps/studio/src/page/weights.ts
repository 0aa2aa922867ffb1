/**
 * The detector's weights: from the tool's cache, a file of the user, or downloaded by the server once the user agrees.
 * We may not distribute them.
 */
import { element, showError } from './dom.js';
import { dropZone } from './files.js';
import { cachedWeights, fetchWeights } from './server.js';
import { state } from './state.js';

let looked: Promise<void> | undefined;

/** Uses the weights in the cache, if there are any. Asks the server only once. */
export const lookForWeights = (): Promise<void> =>
  (looked ??= cachedWeights().then((found) => (found && !state.weights ? state.useWeights(found) : undefined)));

/** Shows whether faces can be detected, and how to enable it. */
export function weightsPanel(): HTMLElement {
  const panel = element('div', { class: 'weights' });
  const error = element('p', { class: 'error', role: 'alert' });
  const fetchButton = element('button', { type: 'button', onclick: fetchThem }, 'Download them now (2 MB)');
  async function fetchThem(): Promise<void> {
    fetchButton.disabled = true;
    error.textContent = '';
    try {
      state.useWeights(await fetchWeights());
    } catch (cause) {
      showError(error, cause);
      fetchButton.disabled = false;
    }
  }
  const zone = dropZone(
    'Or drop their file here: face-api.js’s mtcnn_model-shard1, the wheel of the Python package mtcnn 0.1.1, or the tool’s mtcnn-weights.f32.',
    [
      {
        label: 'Choose the file…',
        kind: 'file',
        onFiles: ([{ file }]) => void file.arrayBuffer().then((bytes) => state.useWeights(new Uint8Array(bytes))),
      },
    ],
  );
  const show = (): void => {
    if (state.weights)
      panel.replaceChildren(element('p', { class: 'hint' }, 'Ready: the MTCNN weights are available.'));
    else {
      panel.replaceChildren(
        element(
          'p',
          {},
          'Detecting faces in photos requires the published weights of MTCNN, which are not part of facewright. They are downloaded once and also kept for the command-line tool. No photos are sent anywhere.',
        ),
        element('div', { class: 'buttons' }, fetchButton),
        error,
        zone,
      );
    }
  };
  state.onChange(show);
  show();
  return panel;
}
