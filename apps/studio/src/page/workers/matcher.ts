/** The worker's matching code: detects the face in a photo, aligns it, and embeds it with the given model. */
import { transfer } from 'comlink';
import {
  createEventStream,
  createRunContainer,
  FacewrightError,
  pluginContext,
  type Detector,
  type Engine,
  type Face,
  type Landmarks,
  type RgbImage,
} from '@facewright/core';
import { decodeImage, writeFileAtomic } from '@facewright/platform';
import { createFivePointAligner, createMtcnn, readWeights } from '@facewright/preprocess';
import { modelIdentity, type GalleryModel } from '@facewright/recognise';
import { checkAlignment, createEmbedder, loadModelFiles, type Embedder } from '@facewright/training';
import { openEngine, type EngineChoice } from './engine.js';
import { makePart } from './parts.js';

/** The two files of a model directory. */
export interface ModelBytes {
  readonly card: Uint8Array;
  readonly weights: Uint8Array;
}

export interface FoundFace {
  readonly aligned: RgbImage;
  readonly embedding: Float32Array;
  /** Missing if the photo came with landmarks. */
  readonly face?: Face;
}

/** In a photo of a crowd, only the largest faces. */
const MOST_FACES = 32;

let engine: Engine | undefined;
let embedder: Embedder | undefined;
let detector: Detector | undefined;
/** Side of aligned images in pixels. */
let side = 112;

export const matcher = {
  /** Returns the engine's name and device. */
  async open(choice: EngineChoice): Promise<{ name: string; device: string; passedOver: readonly string[] }> {
    const opened = await openEngine(choice);
    engine = opened.engine;
    return { name: engine.name, device: engine.device, passedOver: opened.passedOver };
  },

  /** Replaces the model with the one in these files. */
  async useModel({ card, weights }: ModelBytes): Promise<GalleryModel> {
    await writeFileAtomic('/model/model.json', card);
    await writeFileAtomic('/model/weights.safetensors', weights);
    const files = await loadModelFiles('/model');
    const { name, options } = files.card.model;
    const { part: model } = await makePart(
      'model',
      { ...(options as object), name },
      pluginContext(createRunContainer({ events: createEventStream() }), 'model'),
    );
    checkAlignment(
      files.card,
      createFivePointAligner(files.card.alignment.size),
      'the page, which aligns by five points',
    );
    const fresh = createEmbedder({ engine: opened(), model, params: files.params, statistics: files.statistics });
    embedder?.dispose();
    embedder = fresh;
    side = files.card.alignment.size;
    return { identity: modelIdentity(files), embeddingSize: files.card.embeddingSize };
  },

  /** Throws a `FacewrightError` if the file does not contain the published weights. */
  useDetector(weights: Uint8Array): void {
    const fresh = createMtcnn(opened(), readWeights(weights, 'the weights given to the page'), {
      minFace: 40,
      factor: 0.709,
      thresholds: [0.6, 0.7, 0.7],
      rounding: 'none',
    });
    detector?.dispose?.();
    detector = fresh;
  },

  /** The photo's faces, largest first; `landmarks` are given for photos that come with them. */
  async faces(photo: Blob, landmarks?: Landmarks): Promise<FoundFace[]> {
    if (!embedder)
      throw new FacewrightError({
        what: 'There is no model yet.',
        todo: 'Choose one, or train one on the page “Train”.',
      });
    const image = await decodeImage(new Uint8Array(await photo.arrayBuffer()), {
      where: photo instanceof File ? photo.name : 'the photo',
    });
    const found = landmarks ? [] : await facesOf(image);
    const points = landmarks ? [landmarks] : found.map((face) => face.landmarks);
    const aligner = createFivePointAligner(side);
    const aligned = points.map((five) => aligner.align(image, five));
    const embeddings = await embedder.embed(aligned);
    const result = aligned.map((crop, index): FoundFace => {
      const face = found[index];
      return { aligned: crop, embedding: embeddings[index], ...(face && { face }) };
    });
    const buffers = result.flatMap(({ aligned: { data }, embedding }) => [data.buffer, embedding.buffer]);
    return transfer(result, [...new Set(buffers)] as ArrayBuffer[]);
  },
};

function opened(): Engine {
  if (!engine) throw new Error('the engine is not open yet');
  return engine;
}

async function facesOf(image: RgbImage): Promise<Face[]> {
  if (!detector)
    throw new FacewrightError({
      what: 'Faces cannot be detected without the MTCNN weights.',
      todo: 'Provide their file below, or have the page’s own server download them.',
    });
  const faces = await detector.detect(image);
  if (!faces.length)
    throw new FacewrightError({
      what: 'No face was found in this photo.',
      todo: 'Use one with a face of at least 40 pixels that looks roughly at the camera.',
    });
  return faces.sort((a, b) => areaOf(b) - areaOf(a)).slice(0, MOST_FACES);
}

const areaOf = ({ box }: Face): number => box.width * box.height;
