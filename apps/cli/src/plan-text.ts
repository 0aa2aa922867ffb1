/** What a training will need, in lines: for engines that run in this process's memory, and for those with devices of their own. */
import { timeText, type StageTime } from './plan-time.js';
import type { DeviceStagePlan, StagePlan } from './plan-training.js';

/** With --time. */
interface Timed {
  readonly time?: StageTime;
}

export interface Plan {
  readonly engine: string;
  readonly lowering: string;
  readonly model: string;
  readonly classes: number;
  readonly batch: number;
  readonly microBatch: number | null;
  readonly limitBytes: number;
  readonly stages: readonly (StagePlan & Timed)[];
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(2)} GB`;
const count = (number: number): string => number.toLocaleString('en');

const row = (name: string, text: string): string => `  ${name.padEnd(16)}${text}`;
const parametersText = ({ model, head, optimiser }: StagePlan['parameters']): string =>
  `${count(model)} in the model, ${count(head)} in the head; ${count(optimiser)} values of optimiser state`;
const sampleRows = (inStep: number, classes: number): string[] =>
  inStep < classes ? [row('in a step', `${count(inStep)} of ${count(classes)} classes`)] : [];

export interface DevicePlan extends Pick<Plan, 'model' | 'classes' | 'batch' | 'microBatch'> {
  readonly device: string;
  readonly stages: readonly (DeviceStagePlan & Timed)[];
}

export function deviceText({ device, model, classes, batch, microBatch, stages }: DevicePlan): string {
  const inParts = microBatch === null ? '' : ` in parts of ${microBatch}`;
  return [
    `${model}, ${count(classes)} classes, batches of ${batch}${inParts}, on ${device}`,
    ...stages.flatMap(
      ({ loss, optimiser, parameters, classesInStep, deviceBytes, deviceLimitBytes, fits, time }, index) => [
        `stage ${index + 1}: ${loss}, ${optimiser}`,
        row('parameters', parametersText(parameters)),
        ...sampleRows(classesInStep, classes),
        row('on each device', gigabytes(deviceBytes) + (deviceLimitBytes ? ` of ${gigabytes(deviceLimitBytes)}` : '')),
        ...(time ? [row('time', timeText(time))] : []),
        ...(fits === false ? [row('', 'does not fit. Use a smaller --micro-batch or --batch.')] : []),
      ],
    ),
  ].join('\n');
}

export function planText({ engine, lowering, model, classes, batch, microBatch, limitBytes, stages }: Plan): string {
  const inParts = microBatch === null ? '' : ` in parts of ${microBatch}`;
  const lines = [
    `${model}, ${count(classes)} classes, batches of ${batch}${inParts}; memory limit: ${gigabytes(limitBytes)}`,
  ];
  if (lowering === 'eager')
    lines.push(
      `The engine "${engine}" runs op by op and needs more memory than shown here, which is for onnx without its blocked layout.`,
    );
  stages.forEach(({ loss, optimiser, parameters, classesInStep, activationBytes, peakBytes, here, time }, index) => {
    lines.push(
      `stage ${index + 1}: ${loss}, ${optimiser}`,
      row('parameters', parametersText(parameters)),
      ...sampleRows(classesInStep, classes),
      ...(time ? [row('time', timeText(time))] : []),
      row('activations', gigabytes(activationBytes)),
      row('peak memory', `${gigabytes(peakBytes.exact)} for a whole batch at once`),
      row(
        '',
        `at least ${gigabytes(peakBytes.rematerialised.bytes)}, with ${peakBytes.rematerialised.values} values computed twice`,
      ),
      ...peakBytes.microBatches.map(({ microBatch: size, bytes }) =>
        row('', `${gigabytes(bytes)} with --micro-batch ${size}`),
      ),
      row(
        'here',
        here.fits
          ? `${gigabytes(here.bytes)}${here.recomputed ? `, ${here.recomputed} values computed twice` : ''}`
          : `does not fit: needs at least ${gigabytes(here.bytes)}. Use a smaller --micro-batch or --batch.`,
      ),
    );
  });
  return lines.join('\n');
}
