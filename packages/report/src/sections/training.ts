/** Loss, accuracy and learning rate by step, with the switch of the loss marked, and why each stage ended. */
import { chart, smooth, type Points } from '../chart.js';
import { count, figure, percent } from '../format.js';
import type { History } from '../history.js';
import { html, type Html } from '../html.js';
import { timeTable } from './time.js';

export function trainingSection(history: History): Html {
  const { steps, validations, stages } = history;
  if (!steps.length) return html``;
  const byStage = stages.map((_, stage) => steps.filter((step) => step.stage === stage));
  const window = Math.max(5, Math.round(steps.length / 40));
  // each stage is smoothed by itself: across the switch the losses measure different things
  const smoothed = (value: (step: (typeof steps)[number]) => number): Points[] =>
    byStage.map((part) =>
      smooth(
        part.map((step) => [step.step, value(step)] as const),
        window,
      ),
    );
  const marks = stages.flatMap(({ started }, stage) =>
    stage > 0 && started ? [{ x: started.step, label: `${started.loss} from step ${count(started.step)}` }] : [],
  );
  const each = (value: (step: (typeof steps)[number]) => number): Points[] =>
    byStage.map((part) => part.map((step) => [step.step, value(step)] as const));
  const x = { label: 'step' } as const;
  const losses = steps.map(({ loss }) => loss).filter((loss) => loss > 0);
  const [most, least] = [losses.reduce((a, b) => Math.max(a, b), 0), losses.reduce((a, b) => Math.min(a, b), Infinity)];
  // single steps of a loss near zero fall to anything: four decades are enough
  const lossAxis =
    most / least > 50
      ? ({ label: 'loss', scale: 'log', range: [Math.max(least, most * 1e-4), most] } as const)
      : { label: 'loss' };
  const windows = stages.flatMap(({ started, finished }) =>
    started && finished ? plateauMeans(finished, started.step) : [],
  );
  return html`<section>
    <h2>Training</h2>
    <div class="card">
      ${chart({
        title: 'Loss',
        width: 'full',
        description: 'Training loss of each step and its moving mean, with validation loss as dots.',
        series: [
          { name: 'each step', points: each(({ loss }) => loss), colour: 1, style: 'faint' },
          { name: `mean of ${window} steps`, points: smoothed(({ loss }) => loss), colour: 1 },
          ...(validations.length
            ? [
                {
                  name: 'validation',
                  points: validations.map(({ step, loss }) => [step, loss] as const),
                  colour: 2,
                  style: 'dots',
                } as const,
              ]
            : []),
          ...(windows.length
            ? [{ name: 'windows that ended a stage', points: windows, colour: 4, style: 'dots' } as const]
            : []),
        ],
        x,
        y: lossAxis,
        marks,
      })}
    </div>
    <div class="two">
      <div class="card">
        ${chart({
          title: 'Accuracy',
          description:
            'Share of training images whose highest logit, without the margin, is their own person; validation as dots.',
          series: [
            { name: 'each step', points: each(({ accuracy }) => accuracy), colour: 3, style: 'faint' },
            { name: 'training', points: smoothed(({ accuracy }) => accuracy), colour: 3 },
            ...(validations.length
              ? [
                  {
                    name: 'validation',
                    points: validations.map(({ step, accuracy }) => [step, accuracy] as const),
                    colour: 2,
                    style: 'dots',
                  } as const,
                ]
              : []),
          ],
          x,
          y: { label: 'without the margin', range: [0, 1], format: (value) => percent(value, 0) },
          marks,
        })}
      </div>
      <div class="card">
        ${chart({
          title: 'Learning rate',
          description: 'Learning rate of each step.',
          series: [{ name: 'rate', points: each(({ rate }) => rate), colour: 4 }],
          x,
          y: { label: 'rate', range: [0, steps.reduce((most, { rate }) => Math.max(most, rate), 0) * 1.1] },
          marks,
        })}
      </div>
    </div>
    ${stageTable(history)} ${timeTable(history)}
  </section>`;
}

/** The means of windows that a plateau was seen in, each at its window's end; the last window ends with the stage. */
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

function stageTable({ stages }: History): Html {
  return html`<div class="card scroll">
    <table>
      <caption>
        Stages
      </caption>
      <thead>
        <tr>
          <th scope="col">Loss</th>
          <th scope="col">Optimiser</th>
          <th scope="col">Class centres</th>
          <th scope="col" class="number">Steps</th>
          <th scope="col" class="number">Final loss</th>
          <th scope="col">Ended because</th>
          <th scope="col">Evidence</th>
        </tr>
      </thead>
      <tbody>
        ${stages.map(
          ({ started, finished }) =>
            html`<tr>
              <th scope="row">${finished?.loss ?? started?.loss}</th>
              <td>${started?.optimiser}</td>
              <td>
                ${started && { fresh: 'fresh', adopted: 'from the stage before', resumed: 'resumed' }[started.head]}
              </td>
              <td class="number">${finished ? count(finished.steps) : '–'}</td>
              <td class="number">${finished ? figure(finished.finalLoss) : '–'}</td>
              <td>${finished?.endedBecause ?? 'not ended'}</td>
              <td class="small muted">${finished && evidenceText(finished.evidence)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
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
