/**
 * Which model compares the faces, and the cosine at or above which they are the same person: from the model's own
 * verification, or set by the user.
 */
import { element, errorBox, field, numberInput, select, showError } from '../dom.js';
import { dropZone, type GivenFile } from '../files.js';
import { addDirectories, state, type Model } from '../state.js';
import { thresholdsOf } from '../verdict.js';
import { inWords } from './answer.js';

export interface ModelSettings {
  readonly box: HTMLElement;
  chosen(): Model | undefined;
  /** `NaN` if the user set none. */
  threshold(): { readonly threshold: number; readonly rate?: string };
  /** Call it when the available models have changed. */
  update(): void;
}

/** Used if nothing says what a model's cosines mean. */
const PLAIN_THRESHOLD = 0.35;

const rateOption = ({ name, at }: ReturnType<typeof thresholdsOf>[number]): HTMLElement =>
  element(
    'option',
    { value: at.threshold, 'data-rate': name },
    `${inWords(name)} (finds ${(at.tar * 100).toFixed(1)} % of true pairs)`,
  );

/** Which model, and which threshold: from its own verification, or set by the user. */
export function modelSettings({ onChange, onThreshold }: { onChange(): void; onThreshold(): void }): ModelSettings {
  const error = errorBox();
  const modelChoice = select([]);
  const rateChoice = select([]);
  const ownThreshold = numberInput(PLAIN_THRESHOLD, -1, 1, 'any');
  const rateField = field(
    'False accepts',
    rateChoice,
    'The share of different-person pairs that may be accepted as the same person. A lower rate rejects more true pairs. Measured on people the model has never seen.',
  );
  const ownField = field(
    'Threshold',
    ownThreshold,
    'This model has no verification results to take thresholds from. A cosine at or above this value counts as the same person.',
  );
  const noModel = element(
    'p',
    {},
    'No model is open. ',
    element('a', { href: '#train' }, 'Train one'),
    ', or open one here.',
  );
  const fields = element('div', { class: 'fields' }, field('Model', modelChoice), rateField, ownField);
  const opening = element('details', { open: true }, element('summary', {}, 'Open a model'), openZone());
  const chosen = (): Model | undefined => state.models.find(({ name }) => name === modelChoice.value);

  function openZone(): HTMLElement {
    const open = async (files: readonly GivenFile[]): Promise<void> => {
      error.textContent = '';
      const { lastModel } = await addDirectories(files);
      if (lastModel === undefined)
        throw new Error('No model found: a model directory has model.json and weights.safetensors.');
      choose(lastModel);
    };
    const onFiles = (files: GivenFile[]): void => void open(files).catch((cause: unknown) => showError(error, cause));
    const text =
      'Drop a model directory (model.json and weights.safetensors), or a whole run directory, whose verification gives the thresholds.';
    return dropZone(text, [{ label: 'Choose a model directory…', kind: 'directory', onFiles }]);
  }

  function choose(name: string): void {
    modelChoice.value = name;
    showThresholds();
    onChange();
  }

  function showThresholds(): void {
    const verification = chosen()?.run?.history.evaluated?.verification;
    const thresholds = verification ? thresholdsOf(verification) : [];
    rateField.hidden = thresholds.length === 0;
    ownField.hidden = thresholds.length > 0;
    rateChoice.replaceChildren(...thresholds.map(rateOption));
    if (thresholds.length > 1) rateChoice.selectedIndex = 1;
  }

  function update(): void {
    const former = modelChoice.value;
    const names = state.models.map(({ name }) => name);
    if (names.join('\n') !== Array.from(modelChoice.options, ({ value }) => value).join('\n')) {
      modelChoice.replaceChildren(...names.map((name) => element('option', { value: name }, name)));
      modelChoice.value = names.includes(former) ? former : (names.at(-1) ?? '');
      showThresholds();
    }
    noModel.hidden = names.length > 0;
    fields.hidden = !noModel.hidden;
    opening.open = names.length === 0;
  }
  modelChoice.addEventListener('change', () => choose(modelChoice.value));
  rateChoice.addEventListener('change', onThreshold);
  ownThreshold.addEventListener('input', onThreshold);
  update();
  return {
    box: element('div', {}, noModel, fields, opening, error),
    chosen,
    threshold: () =>
      rateField.hidden
        ? { threshold: ownThreshold.valueAsNumber }
        : { threshold: Number(rateChoice.value), rate: rateChoice.selectedOptions[0].dataset.rate },
    update,
  };
}
