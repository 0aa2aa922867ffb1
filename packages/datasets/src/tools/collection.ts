/** The images of any format, person by person, as encoded bytes. Used by the dataset tools. */
import {
  createRandom,
  type ConfiguredPlugin,
  type Emit,
  type Exclusion,
  type Landmarks,
  type PluginContext,
  type PreparationSummary,
} from '@facewright/core';
import { openDataset } from '../dataset/open.js';
import { folder } from '../readers/folder.js';
import { flatFolder } from '../readers/flat-folder.js';
import { entriesOf, groupByPerson } from '../readers/person-groups.js';
import { insightFaceRec } from '../readers/insightface-rec.js';
import { trillionPairs } from '../readers/trillion-pairs.js';
import { webdataset, type StoredPhoto } from '../readers/webdataset.js';
import { zip } from '../readers/zip.js';
import { readBin, type BinSet } from '../verification/bin.js';
import { recogniseFormat, type FormatName } from './recognise.js';

export interface StoredImage {
  readonly source: string;
  /** `original`, or the augmenter's name. */
  readonly kind: string;
  /** In pixels of this image. */
  readonly landmarks?: Landmarks;
  readonly excluded?: { readonly reason: string; readonly detail: string };
  bytes(): Promise<Uint8Array>;
}

export interface StoredPerson {
  readonly name: string;
  readonly images: readonly StoredImage[];
}

export interface Collection {
  readonly format: Exclude<FormatName, 'insightface-bin'>;
  readonly path: string;
  people(): AsyncIterable<StoredPerson>;
  /** For a prepared dataset. */
  readonly summary?: PreparationSummary;
  exclusions?(): AsyncIterable<Exclusion>;
  close(): Promise<void>;
}

export interface ToolOptions {
  readonly emit?: Emit;
  readonly signal?: AbortSignal;
}

/** The contents of `path`: people and their images, or a verification set. Throws a `FacewrightError`. */
export async function openCollection(
  path: string,
  { emit = () => undefined, signal = new AbortController().signal }: ToolOptions = {},
): Promise<Collection | (BinSet & { readonly format: 'insightface-bin'; readonly path: string })> {
  const { format, paths } = await recogniseFormat(path);
  if (format === 'insightface-bin') return { ...(await readBin(paths[0])), format, path: paths[0] };
  if (format === 'dataset') return datasetCollection(paths[0]);
  const context: PluginContext = {
    random: createRandom(0),
    emit,
    signal,
    baseDirectory: '.',
    engine: () => Promise.reject(new Error('readers do not need an engine')),
  };
  const reader = await plugin(format, paths).create(context);
  return {
    format,
    path: paths[0],
    close: async () => undefined,
    async *people() {
      for await (const { name, photos } of reader.identities()) {
        yield {
          name,
          images: photos.map(({ id, landmarks, excluded, bytes, stored }: StoredPhoto) => ({
            source: stored?.source ?? id,
            kind: stored?.kind ?? 'original',
            bytes,
            ...(landmarks && { landmarks }),
            ...(excluded && { excluded }),
          })),
        };
      }
    },
  };
}

function plugin(
  format: Exclude<FormatName, 'insightface-bin' | 'dataset'>,
  paths: readonly string[],
): ConfiguredPlugin<'reader'> {
  const [path] = paths;
  if (format === 'trillion-pairs') return trillionPairs({ path: [...paths] });
  if (format === 'insightface-rec') return insightFaceRec({ path });
  if (format === 'webdataset') return webdataset({ path });
  if (format === 'flat-folder') return flatFolder({ path });
  return format === 'zip' ? zip({ path }) : folder({ path });
}

async function datasetCollection(path: string): Promise<Collection> {
  const dataset = await openDataset(path);
  const groups = groupByPerson(dataset.labels, dataset.identities.length);
  // its landmarks refer to the source photo, not the aligned image
  const imageAt = (index: number): StoredImage => ({
    source: dataset.sourceOf(index),
    kind: dataset.kindOf(index),
    bytes: () => dataset.bytes(index),
  });
  return {
    format: 'dataset',
    path: dataset.directory,
    summary: dataset.summary,
    exclusions: () => dataset.exclusions(),
    close: () => dataset.close(),
    async *people() {
      for (const [label, name] of dataset.identities.entries())
        yield { name, images: Array.from(entriesOf(groups, label), imageAt) };
    },
  };
}
