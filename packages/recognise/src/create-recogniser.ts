/**
 * Creates a recogniser from a model directory: the model and the aligner named in its card, a detector, and the first
 * engine that works here.
 */
import {
  createEventStream,
  createRunContainer,
  FacewrightError,
  findPlugin,
  isPlugin,
  makePart,
  pluginContext,
  type Aligner,
  type ByteLimits,
  type ConfiguredPlugin,
  type DataReference,
  type Detector,
  type Emit,
  type Engine,
  type EventReader,
  type PluginContext,
  type PluginFactory,
} from '@facewright/core';
import { mobileFaceNet, mobileNetV2 } from '@facewright/models';
import type { DecodedImage, DecodeLimits, DecodeOptions } from '@facewright/platform';
import { createMtcnn, fivePoint, readWeights } from '@facewright/preprocess';
import type { ModelCard, ModelFiles } from '@facewright/training';
import { recogniserFrom, type Recogniser } from './recogniser.js';

export interface RecogniserOptions {
  /** The directory of a trained model, its URL in a browser, or files that are already loaded. */
  readonly model: string | ModelFiles;
  /**
   * The MTCNN weights: a file or directory, a URL in a browser, or the file's bytes. If missing, they are downloaded
   * and cached in Node.
   */
  readonly detectorWeights?: string | Uint8Array;
  /** Used instead of MTCNN. */
  readonly detector?: ConfiguredPlugin<'detector'>;
  /** Used instead of the first engine that works here: onnx and wasm in Node, webgpu and wasm in browsers. */
  readonly backend?: ConfiguredPlugin<'backend'>;
  /** Models and aligners that the card may name besides the built-in ones. Nothing named in a card is ever imported. */
  readonly plugins?: readonly PluginFactory[];
  /** Photos over these limits are rejected. */
  readonly limits?: DecodeLimits & ByteLimits;
  readonly signal?: AbortSignal;
  /** Receives events about downloads and warnings. */
  readonly onEvent?: EventReader;
}

/** What differs between Node and browsers. */
export interface Surroundings {
  /** In the order they are tried. */
  readonly engines: readonly PluginFactory<'backend'>[];
  loadModel(place: string): Promise<ModelFiles>;
  /** MTCNN with the given weights, or with the default ones. */
  detector(weights: string | undefined, context: PluginContext): Promise<Detector>;
  open(photo: string, limits: DecodeOptions & ByteLimits): Promise<DecodedImage>;
}

const MODELS = [mobileFaceNet, mobileNetV2] as unknown as readonly PluginFactory[];
const ALIGNERS = [fivePoint] as unknown as readonly PluginFactory[];

export const recogniserIn =
  (surroundings: Surroundings) =>
  async ({ model: place, plugins = [], limits, signal, ...options }: RecogniserOptions): Promise<Recogniser> => {
    const files = typeof place === 'string' ? await surroundings.loadModel(place) : place;
    const where = typeof place === 'string' ? `${place}, model.json` : 'model.json';
    const { card } = files;
    const events = createEventStream();
    if (options.onEvent) events.subscribe(options.onEvent);
    let engine: Engine | undefined;
    const open = async (): Promise<Engine> =>
      (engine ??= await openEngine(options.backend ?? (await firstUsable(surroundings.engines, probing)), probing));
    const probing = pluginContext(createRunContainer({ events, signal }), 'recognise');
    const context: PluginContext = { ...probing, engine: open };
    const { name, options: modelOptions } = card.model;
    const known = [...MODELS, ...plugins];
    const model = findPlugin('model', { ...(modelOptions as object), name } satisfies DataReference, { known, where });
    const aligner = await alignerOf(card, [...ALIGNERS, ...plugins], context);
    let detector: Promise<Detector> | undefined;
    try {
      return recogniserFrom({
        files,
        model: await makePart(model, context),
        engine: await open(),
        aligner,
        detector: () => (detector ??= detectorOf(card, options, surroundings, context)),
        open: surroundings.open,
        limits,
        signal,
        async dispose() {
          (await detector)?.dispose?.();
          await engine?.dispose();
        },
      });
    } catch (error) {
      await engine?.dispose();
      throw error;
    }
  };

/** The aligner with the card's fingerprint, at the card's size. */
async function alignerOf(
  { alignment }: ModelCard,
  known: readonly PluginFactory[],
  context: PluginContext,
): Promise<Aligner> {
  for (const plugin of known) {
    const size = { size: alignment.size };
    if (!isPlugin(plugin, 'aligner') || !plugin.options.safeParse(size).success) continue;
    const aligner = await makePart(plugin(size), context);
    if (aligner.fingerprint === alignment.fingerprint) return aligner;
  }
  throw new FacewrightError({
    what: `The model was trained on faces aligned as "${alignment.fingerprint}", which no aligner here supports.`,
    where: 'model.json, "alignment"',
    todo: 'Add the aligner it was trained with to "plugins".',
  });
}

async function detectorOf(
  { alignment }: ModelCard,
  given: Pick<RecogniserOptions, 'detector' | 'detectorWeights'>,
  surroundings: Surroundings,
  context: PluginContext,
): Promise<Detector> {
  const detector = await openDetector(given, surroundings, context);
  tellDifference(alignment.detector, detector.fingerprint, context.emit);
  return detector;
}

async function openDetector(
  { detector, detectorWeights }: Pick<RecogniserOptions, 'detector' | 'detectorWeights'>,
  surroundings: Surroundings,
  context: PluginContext,
): Promise<Detector> {
  if (detector) return makePart(detector, context);
  if (!(detectorWeights instanceof Uint8Array)) return surroundings.detector(detectorWeights, context);
  return createMtcnn(await context.engine(), readWeights(detectorWeights, 'the given weights'), MTCNN, context.signal);
}

/** The plugin's default settings, for use without the plugin. */
export const MTCNN = { minFace: 20, factor: 0.709, thresholds: [0.6, 0.7, 0.7], rounding: 'truncate' } as const;

function tellDifference(trained: string | undefined, used: string | undefined, emit: Emit): void {
  if (trained === undefined || used === undefined || trained === used) return;
  emit('notice', {
    level: 'warning',
    message: `The detector here is "${used}", but the model's training photos were detected by "${trained}".`,
    todo: 'Pass that detector as "detector": another one may place the landmarks a pixel or two differently.',
  });
}

async function firstUsable(
  engines: readonly PluginFactory<'backend'>[],
  context: PluginContext,
): Promise<ConfiguredPlugin<'backend'>> {
  const reasons: string[] = [];
  for (const engine of engines) {
    const { usable, emulated, reason = 'it does not work here' } = await (await engine().create(context)).probe();
    if (usable && !emulated) return engine();
    reasons.push(`${engine.meta.name}: ${emulated ? 'it would be emulated' : reason}`);
  }
  throw new FacewrightError({ what: `No engine works here (${reasons.join('; ')}).`, todo: 'Pass one as "backend".' });
}

const openEngine = async (plugin: ConfiguredPlugin<'backend'>, context: PluginContext): Promise<Engine> =>
  (await makePart(plugin, context)).open();
