/** A whole run in a worker: the page's photos and engine, composed and run like the command-line tool. */
import {
  createEventStream,
  type ConfiguredPlugin,
  type Landmarks,
  type Photo,
  type Reader,
  type RunConfigInput,
  type RunEvent,
} from '@facewright/core';
import { join, readFile } from '@facewright/platform';
import { mtcnnWith, readWeights } from '@facewright/preprocess';
import { metricsFrom, reportPage } from '@facewright/report';
import { runInPage } from '@facewright/run';
import { loadModelFiles } from '@facewright/training';
import { DRAWN_NOTICE } from '../drawn-people.js';
import { openEngine, type EngineChoice } from './engine.js';
import { onnxFile } from './onnx-file.js';
import { builtins } from './parts.js';
import { VERSION } from '../version.js';

/** A photo from the page. */
export interface PhotoFile {
  /** `<person>/<file>` */
  readonly id: string;
  readonly identity: string;
  readonly blob: Blob;
  readonly landmarks?: Landmarks;
}

export interface RunRequest {
  readonly photos: readonly PhotoFile[];
  readonly config: RunConfigInput;
  readonly engine: EngineChoice;
  /** The people are drawn, so the model does not apply to photos. */
  readonly drawn?: boolean;
  /** The file of the MTCNN weights, needed if a photo has no landmarks. */
  readonly weights?: Uint8Array;
  /** Where the run's files are stored; default: /run, in the page's memory. */
  readonly directory?: string;
}

/** The files of the run directory, by path in it. */
export interface RunFiles {
  readonly [path: string]: Uint8Array;
}

const DIRECTORY = '/run';
/** The page only looks for large faces, unless its settings say otherwise. */
const DETECTOR: RunConfigInput['detector'] = { name: 'mtcnn', minFace: 40, rounding: 'none' };

export async function executeRun(
  request: RunRequest,
  onEvent: (event: RunEvent) => void,
  signal: AbortSignal,
): Promise<RunFiles> {
  const told: RunEvent[] = [];
  const events = createEventStream();
  events.subscribe((event) => (told.push(event), onEvent(event)));
  const { engine, passedOver } = await openEngine(request.engine);
  try {
    events.subscribe(({ type }) => {
      if (type !== 'run.started') return;
      if (request.drawn) events.emit('notice', { level: 'info', message: DRAWN_NOTICE });
      for (const message of passedOver) events.emit('notice', { level: 'info', message });
    });
    const { modelDirectory, model } = await runInPage({
      builtins: [...builtins, { name: 'the page', plugins: [mtcnnOf(request.weights)] as never }],
      config: { detector: DETECTOR, ...request.config },
      plugins: [readerOf(request.photos)],
      engine,
      events,
      signal,
      directory: request.directory ?? DIRECTORY,
      command: 'studio',
      versions: { facewright: VERSION, browser: navigator.userAgent },
      where: 'the settings of the page',
    });
    const files = await loadModelFiles(modelDirectory);
    return runFiles(told, {
      'model/model.json': await readFile(join(modelDirectory, 'model.json')),
      'model/weights.safetensors': await readFile(join(modelDirectory, 'weights.safetensors')),
      'model/model.onnx': onnxFile(model, files),
    });
  } finally {
    await engine.dispose();
  }
}

/** MTCNN with the weights given to the page. */
const mtcnnOf = (weights: Uint8Array | undefined) =>
  mtcnnWith(async () =>
    weights
      ? { weights: readWeights(weights, 'the weights given to the page') }
      : { weights: undefined, reasons: ['the page was given none'] },
  );

/** The photos of the page as a reader. */
function readerOf(files: readonly PhotoFile[]): ConfiguredPlugin {
  const people = new Map<string, Photo[]>();
  for (const { id, identity, blob, landmarks } of files) {
    const photo: Photo = {
      id,
      identity,
      bytes: async () => new Uint8Array(await blob.arrayBuffer()),
      ...(landmarks && { landmarks }),
    };
    const known = people.get(identity);
    if (known) known.push(photo);
    else people.set(identity, [photo]);
  }
  const reader: Reader = {
    async *identities() {
      for (const [name, photos] of people) yield { name, photos };
    },
  };
  return {
    meta: { name: 'page', kind: 'reader', version: VERSION, apiVersion: 1 },
    options: {},
    create: async () => reader,
  };
}

/** The run directory as the command-line tool leaves it, without the dataset. */
function runFiles(events: readonly RunEvent[], model: RunFiles): RunFiles {
  const text = new TextEncoder();
  const kept = events.filter((event) => event.type !== 'progress' || event.done === event.total);
  return {
    'events.jsonl': text.encode(kept.map((event) => `${JSON.stringify(event)}\n`).join('')),
    'metrics.json': text.encode(`${JSON.stringify(metricsFrom(events), null, 2)}\n`),
    'report.html': text.encode(reportPage(events)),
    ...model,
  };
}
