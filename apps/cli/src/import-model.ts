/** Imports weights trained elsewhere into a model directory. */
import { basename, resolve } from 'node:path';
import {
  createRandom,
  createRunContainer,
  FacewrightError,
  fromUser,
  parseOptions,
  parseRunConfig,
  pluginContext,
  type InitialState,
  type Model,
  type RunConfigInput,
} from '@facewright/core';
import { fitUnits, layersOf, planImport, readWeightsFile, type GraphInput, type ImportPlan } from '@facewright/convert';
import { openDataset } from '@facewright/datasets';
import { saveModel, type ModelCard, type NewModelCard } from '@facewright/training';
import { openLibrary, type PluginLibrary } from '@facewright/run';
import { z } from 'zod';
import { builtins } from './builtins.js';
import { checkImport } from './import-check.js';

export interface ImportOptions {
  /** A file of weights, or the folder of InsightFace y1. */
  readonly path: string;
  readonly out: string;
  readonly config: RunConfigInput;
  readonly baseDirectory: string;
  readonly where: string;
  /** The model's name, and its options if they are not derived from the file. */
  readonly model?: string;
  readonly options?: Readonly<Record<string, unknown>>;
  readonly layout?: string;
  readonly map?: Readonly<Record<string, string>>;
  readonly colour?: 'rgb' | 'bgr';
  /** A prepared dataset with the alignment the weights were trained on; default: the config's aligner. */
  readonly alignment?: string;
  readonly allowUnused?: boolean;
  readonly licence?: string;
  /** A prepared dataset with images for comparing the model and the file; default: drawn faces and patterns. */
  readonly images?: string;
}

export interface Imported {
  readonly directory: string;
  readonly how: string;
  readonly card: NewModelCard;
  readonly unused: readonly string[];
  /** Of the model: all of its tensors were found in the file, with their shapes. */
  readonly filled: { readonly tensors: number; readonly numbers: number };
}

interface Weights {
  readonly options: Readonly<Record<string, unknown>>;
  readonly imported: NonNullable<ModelCard['imported']>;
  readonly unused: readonly string[];
  /** The file's graph, for comparison. */
  readonly graph?: { readonly bytes: Uint8Array; readonly input: GraphInput };
  state(model: Model, options: Readonly<Record<string, unknown>>): InitialState;
}

export async function importModel(given: ImportOptions): Promise<Imported> {
  const library = await openLibrary(parseRunConfig(given.config, given.where).plugins, { ...given, builtins });
  const path = resolve(given.path);
  const weights = await weightsOf(path, given);
  if (weights.unused.length && !given.allowUnused) {
    throw new FacewrightError({
      what: `The model does not use ${weights.unused.length} tensors of the file; the first is "${weights.unused[0]}".`,
      where: path,
      todo: 'The file is for a different network. If these tensors do not matter, add --allow-unused.',
    });
  }
  const name = given.model ?? 'mobilefacenet';
  const plugin = await library.load(
    'model',
    fromUser({ ...given.options, ...optionsOf(weights, name, given.options), name }),
  );
  const model = await plugin.create(pluginContext(createRunContainer(), 'import'));
  const state = weights.state(model, plugin.options as Readonly<Record<string, unknown>>);
  const directory = resolve(given.out);
  const check = await checkImport({ model, state, graph: weights.graph, images: given.images, where: path });
  const card: NewModelCard = {
    format: 1,
    model: { name: plugin.meta.name, options: plugin.options },
    inputSize: [...model.inputSize],
    embeddingSize: model.embeddingSize,
    alignment: await alignmentOf(given, library),
    imported: { ...weights.imported, ...(check && { check }) },
    ...(given.licence !== undefined && { licences: { weights: given.licence } }),
  };
  await saveModel(directory, { card, ...state });
  return { directory, how: weights.imported.how, card, unused: weights.unused, filled: countsOf(state) };
}

function countsOf({ params, statistics }: InitialState): Imported['filled'] {
  const all = [...Object.values(params), ...Object.values(statistics)];
  return { tensors: all.length, numbers: all.reduce((sum, { data }) => sum + data.length, 0) };
}

/**
 * Options from the file take precedence over the user's, except for pixels: there the user says how they become the
 * file's input.
 */
const optionsOf = ({ options }: Weights, name: string, own: ImportOptions['options']): object =>
  name === 'mobilefacenet' ? { ...options, ...own, inputScale: options.inputScale ?? own?.inputScale } : {};

const byColour = z.union([z.number(), z.tuple([z.number(), z.number(), z.number()])]);
const inputScaleSchema = z.strictObject({ offset: byColour.optional(), scale: byColour.optional() }).optional();
const inputScaleOf = (given: unknown) => parseOptions(inputScaleSchema, given, '--options, "inputScale"');

async function weightsOf(path: string, given: ImportOptions): Promise<Weights> {
  const file = await readWeightsFile(path);
  const ownStructure =
    given.options?.bottlenecks !== undefined || (given.model !== undefined && given.model !== 'mobilefacenet');
  const { layout, map, colour, options } = given;
  const inputScale = inputScaleOf(options?.inputScale);
  const plan = planImport(file, { layout, map, colour, ownStructure, inputScale });
  return {
    options: plan.options,
    imported: { format: file.format, file: basename(path), sha256: file.sha256, how: plan.how },
    unused: plan.unused,
    ...(plan.graph && file.bytes && { graph: { bytes: file.bytes, input: plan.graph } }),
    state: (model, own) => fitted(model, own, plan, path),
  };
}

function fitted(
  model: Model,
  options: Readonly<Record<string, unknown>>,
  plan: ImportPlan,
  where: string,
): InitialState {
  const expected = model.init(createRandom(0));
  const { batchNormEpsilon = 1e-3, embeddingEpsilon = batchNormEpsilon } = options as {
    batchNormEpsilon?: number;
    embeddingEpsilon?: number;
  };
  return fitUnits(expected, plan.unitsFor(layersOf(expected)), {
    epsilon: (layer) => (layer === 'embedding' ? embeddingEpsilon : batchNormEpsilon),
    channels: plan.channels,
    where,
  });
}

async function alignmentOf(
  { alignment, config, where }: ImportOptions,
  library: PluginLibrary,
): Promise<ModelCard['alignment']> {
  if (alignment !== undefined) {
    const dataset = await openDataset(resolve(alignment));
    const { fingerprint, size } = dataset.summary.alignment;
    await dataset.close();
    return { fingerprint, size };
  }
  const aligner = await (
    await library.load('aligner', parseRunConfig(config, where).aligner)
  ).create(pluginContext(createRunContainer(), 'import'));
  return { fingerprint: aligner.fingerprint, size: aligner.size };
}
