/** Loss, accuracy and learning rate by step, with the switch of the loss marked, and why each stage ended. */
import { chart, smooth, type Points, type Series } from '../chart.js';
import { count, figure, percent } from '../format.js';
import type { History } from '../history.js';
import { html, type Html } from '../html.js';
import { timeTable } from './time.js';
import { scrolling } from './scrolling.js';

type Step = History['steps'][number];
type ValueOf = (step: Step) => number;

/** Shared by all charts of the section. */
interface Curves {
  /** One line per stage, because different losses are not comparable. */
  readonly each: (value: ValueOf) => Points[];
  readonly smoothed: (value: ValueOf) => Points[];
  /** Number of steps that `smoothed` averages. */
  readonly window: number;
  /** Where later stages start. */
  readonly marks: readonly { readonly x: number; readonly label: string }[];
}

export function trainingSection(history: History): Html {
  if (!history.steps.length) return html``;
  const curves = curvesOf(history);
  return html`<section>
    <h2>Training</h2>
    <div class="card">${lossChart(history, curves)}</div>
    <div class="two">
      <div class="card">${accuracyChart(history, curves)}</div>
      <div class="card">${rateChart(history, curves)}</div>
    </div>
    ${stageTable(history)} ${timeTable(history)}
  </section>`;
}

function curvesOf({ steps, stages }: History): Curves {
  const byStage = stages.map((_, stage) => steps.filter((step) => step.stage === stage));
  const window = Math.max(5, Math.round(steps.length / 40));
  const each = (value: ValueOf): Points[] =>
    byStage.map((part) => part.map((step) => [step.step, value(step)] as const));
  const marks = stages.flatMap(({ started }, stage) =>
    stage > 0 && started ? [{ x: started.step, label: `${started.loss} from step ${count(started.step)}` }] : [],
  );
  return { each, smoothed: (value) => each(value).map((line) => smooth(line, window)), window, marks };
}

/** The validations as dots; no series if there are none. */
const validationDots = (
  { validations }: History,
  value: (validation: History['validations'][number]) => number,
): Series[] =>
  validations.length
    ? [
        {
          name: 'validation',
          points: validations.map((validation) => [validation.step, value(validation)] as const),
          colour: 2,
          style: 'dots',
        },
      ]
    : [];

function lossChart(history: History, { each, smoothed, window, marks }: Curves): Html {
  const losses = history.steps.map(({ loss }) => loss).filter((loss) => loss > 0);
  const most = losses.reduce((a, b) => Math.max(a, b), 0);
  const least = losses.reduce((a, b) => Math.min(a, b), Infinity);
  // the loss of single steps can fall to almost zero; four decades are enough
  const y =
    most / least > 50
      ? ({ label: 'loss', scale: 'log', range: [Math.max(least, most * 1e-4), most] } as const)
      : { label: 'loss' };
  const windows = history.stages.flatMap(({ started, finished }) =>
    started && finished ? plateauMeans(finished, started.step) : [],
  );
  return chart({
    title: 'Loss',
    description: 'Training loss of each step and its moving average, with validation loss as dots.',
    series: [
      { name: 'each step', points: each(({ loss }) => loss), colour: 1, style: 'faint' },
      { name: `mean of ${window} steps`, points: smoothed(({ loss }) => loss), colour: 1 },
      ...validationDots(history, ({ loss }) => loss),
      ...(windows.length
        ? [{ name: 'windows that ended a stage', points: windows, colour: 4, style: 'dots' } as const]
        : []),
    ],
    x: { label: 'step' },
    y,
    marks,
  });
}

function accuracyChart(history: History, { each, smoothed, marks }: Curves): Html {
  return chart({
    title: 'Accuracy',
    description:
      "Fraction of training images whose highest logit, without the margin, is their own person's; validation as dots.",
    series: [
      { name: 'each step', points: each(({ accuracy }) => accuracy), colour: 3, style: 'faint' },
      { name: 'training', points: smoothed(({ accuracy }) => accuracy), colour: 3 },
      ...validationDots(history, ({ accuracy }) => accuracy),
    ],
    x: { label: 'step' },
    y: { label: 'without the margin', range: [0, 1], format: (value) => percent(value, 0) },
    marks,
  });
}

function rateChart({ steps }: History, { each, marks }: Curves): Html {
  const most = steps.reduce((highest, { rate }) => Math.max(highest, rate), 0);
  return chart({
    title: 'Learning rate',
    description: 'Learning rate of each step.',
    series: [{ name: 'rate', points: each(({ rate }) => rate), colour: 4 }],
    x: { label: 'step' },
    y: { label: 'rate', range: [0, most * 1.1] },
    marks,
  });
}

/** The window means behind a plateau decision, each at its window's end; the last window ends with the stage. */
function plateauMeans(
  { endedBecause, evidence, steps }: NonNullable<History['stages'][number]['finished']>,
  from: number,
): (readonly [number, number])[] {
  const { means, window } = evidence;
  if (endedBecause !== 'plateau' || !Array.isArray(means) || typeof window !== 'number') return [];
  return means.flatMap((mean, index) =>
    typeof mean === 'number' ? [[from + steps - (means.length - 1 - index) * window, mean] as const] : [],
  );
}

/** The first stage can only have adopted those of the weights that the training started from. */
function centresFrom(head: 'fresh' | 'adopted' | 'resumed', stage: number): string {
  if (head !== 'adopted') return head;
  return stage > 0 ? 'from the previous stage' : 'from the starting weights';
}

function stageTable({ stages }: History): Html {
  return html`<div ${scrolling('Stages')}><table><caption>Stages</caption>
<thead><tr><th scope="col">Loss</th><th scope="col">Optimiser</th><th scope="col">Class centres</th><th scope="col" class="number">Steps</th><th scope="col" class="number">Final loss</th><th scope="col">Ended because</th><th scope="col">Evidence</th></tr></thead>
<tbody>${stages.map(
    ({ started, finished }, index) =>
      html`<tr><th scope="row">${finished?.loss ?? started?.loss}</th><td>${started?.optimiser}</td><td>${started && centresFrom(started.head, index)}</td><td class="number">${finished ? count(finished.steps) : '–'}</td><td class="number">${finished ? figure(finished.finalLoss) : '–'}</td><td>${finished?.endedBecause ?? 'not ended'}</td><td class="small muted text">${finished && evidenceText(finished.evidence)}</td></tr>`,
  )}</tbody></table></div>`;
}

/** `{ means: [2.1, 2.0], gain: 0.05 }` as `means 2.1, 2; gain 0.05`. */
function evidenceText(evidence: Readonly<Record<string, unknown>>): string {
  const text = (value: unknown): string => {
    if (typeof value === 'number') return figure(value);
    if (Array.isArray(value)) return value.map(text).join(', ');
    return typeof value === 'object' && value !== null
      ? `(${evidenceText(value as Record<string, unknown>)})`
      : String(value);
  };
  const words = (key: string): string =>
    key.replace(/([a-z])([A-Z])/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`);
  return Object.entries(evidence)
    .map(([key, value]) => `${words(key)} ${text(value)}`)
    .join('; ');
}
