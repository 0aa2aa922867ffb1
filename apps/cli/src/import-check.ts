/**
 * Compares an imported model with the file it came from: onnxruntime runs an ONNX file's own graph on the same images.
 */
import { openOnnxModel } from '@facewright/backend-onnx';
import { wasm } from '@facewright/backend-wasm';
import { compareImported, type GraphInput } from '@facewright/convert';
import {
  createRunContainer,
  FacewrightError,
  hostTensor,
  messageOf,
  ofColour,
  pluginContext,
  type HostTensor,
  type InitialState,
  type Model,
  type RgbImage,
} from '@facewright/core';
import { createEmbedder, type ModelCard } from '@facewright/training';
import { parityImages } from './parity-images.js';

export interface ImportCheckOptions {
  readonly model: Model;
  readonly state: InitialState;
  /** Missing for files with weights only. */
  readonly graph?: { readonly bytes: Uint8Array; readonly input: GraphInput };
  /** A prepared dataset; default: drawn faces and patterns. */
  readonly images?: string;
  readonly where: string;
}

export type ImportCheck = NonNullable<NonNullable<ModelCard['imported']>['check']>;

const IMAGES = 30;
/** TensorProto.DataType. */
const FLOAT32 = 1;

/**
 * Throws a `FacewrightError` if the embeddings differ, or are NaN or infinite. Returns undefined if there is no graph
 * to compare with; the weights were then only checked by their names, shapes and number.
 */
export async function checkImport(options: ImportCheckOptions): Promise<ImportCheck | undefined> {
  const { model, graph, where } = options;
  const { images, from } = await parityImages(where, model.inputSize, graph ? IMAGES : 1, options.images);
  const own = await ownEmbeddings(options, images);
  if (!graph) {
    requireNumbers(own, where);
    return undefined;
  }
  const { runtime, embeddings } = await graphEmbeddings(graph, images, where);
  const { minimumCosine } = compareImported(own, embeddings, where);
  return { images: images.length, on: from, minimumCosine, runtime };
}

/** Uses the engine that is closest to the file's numbers and works everywhere. */
async function ownEmbeddings(
  { model, state: { params, statistics } }: ImportCheckOptions,
  images: readonly RgbImage[],
): Promise<Float32Array[]> {
  const engine = await (await wasm().create(pluginContext(createRunContainer(), 'import'))).open();
  try {
    const embedder = createEmbedder({ engine, model, params, statistics, batch: 8 });
    const embeddings = await embedder.embed(images);
    embedder.dispose();
    return embeddings;
  } finally {
    await engine.dispose();
  }
}

function requireNumbers(embeddings: readonly Float32Array[], where: string): void {
  if (embeddings.every((embedding) => embedding.every(Number.isFinite))) return;
  throw new FacewrightError({
    what: 'The embeddings of the imported model are not finite numbers. Nothing was written.',
    where,
    todo: 'The weights are damaged or belong to another network.',
  });
}

async function graphEmbeddings(
  { bytes, input }: NonNullable<ImportCheckOptions['graph']>,
  images: readonly RgbImage[],
  where: string,
): Promise<{ runtime: string; embeddings: Float32Array[] }> {
  if (input.input.type !== FLOAT32)
    throw new FacewrightError({
      what: `The file's input "${input.input.name}" is not float32, so its graph cannot be run for comparison.`,
      where,
      todo: 'Export the network with a float32 input.',
    });
  const session = await openOnnxModel(bytes, where);
  try {
    const embeddings: Float32Array[] = [];
    for (const image of images) {
      const found = await session.run({ [input.input.name]: inputTensor(image, input) }).catch((error: unknown) => {
        throw new FacewrightError({
          what: `onnxruntime cannot run the file's own graph, so the import cannot be checked: ${messageOf(error)}`,
          where,
          todo: `The model was assumed to take images of ${image.height}×${image.width} pixels; if that is wrong, set "inputSize" with --options.`,
          cause: error,
        });
      });
      const { data, shape } = found[input.output];
      embeddings.push(Float32Array.from(data).slice(0, data.length / (shape[0] || 1)));
    }
    return { runtime: session.device, embeddings };
  } finally {
    await session.dispose();
  }
}

/** Repeats one image as often as the graph's batch size requires. */
function inputTensor(
  { width, height, data }: RgbImage,
  { scale: { offset, scale }, channels, input }: GraphInput,
): HostTensor {
  const area = width * height;
  const batch = input.shape[0] ?? 1;
  const values = new Float32Array(batch * 3 * area);
  channels.forEach((colour, channel) => {
    for (let pixel = 0; pixel < area; pixel++) {
      const value = (data[pixel * 3 + colour] - ofColour(offset, colour)) * ofColour(scale, colour);
      values[input.axis === 1 ? channel * area + pixel : pixel * 3 + channel] = value;
    }
  });
  for (let image = 1; image < batch; image++) values.copyWithin(image * 3 * area, 0, 3 * area);
  return hostTensor(input.axis === 1 ? [batch, 3, height, width] : [batch, height, width, 3], values);
}
