/** What `data` is: a prepared dataset, or one of the formats that are read; and the reader that fits. */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import {
  FacewrightError,
  type PluginReference,
  type PluginReferenceInput,
  type RunConfigInput,
} from '@facewright/core';
import { recogniseFormat } from '@facewright/datasets';

export interface DataSource {
  /** Path of a dataset that needs no preparation. */
  readonly prepared?: string;
  /** Config that the kind of data asks for; it lies under what the user says. */
  readonly config: RunConfigInput;
}

/** Of one photo a person: every one is kept. */
const EACH: RunConfigInput['tiers'] = [{ name: 'each', above: 0, augment: [] }];

/**
 * Throws a `FacewrightError` where there is nothing at `data`. `flat`: photos that lie in no person's folder are each a person of their own; else
 * they are for the reader of folders, which refuses them.
 */
export async function recogniseData(
  data: string | undefined,
  baseDirectory: string,
  { flat = false } = {},
): Promise<DataSource> {
  if (data === undefined) return { config: {} };
  const path = resolve(baseDirectory, data);
  await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new FacewrightError({
      what:
        error.code === 'ENOENT' ? 'There is no such file or folder.' : `The data cannot be opened: ${error.message}`,
      where: path,
      todo: 'Name a folder of one subfolder a person, a landmark list, or a prepared dataset by --data.',
      cause: error,
    });
  });
  const { format, paths } = await recogniseFormat(path);
  if (format === 'dataset') return { prepared: path, config: {} };
  if (format === 'insightface-bin')
    throw new FacewrightError({
      what: 'This is a verification set: it holds pairs, and no people to train on.',
      where: path,
      todo: 'Verify a model on it: facewright evaluate --pairs <it> --images <it>.',
    });
  if (format === 'flat-folder') return { config: flat ? { reader: format, tiers: EACH } : { reader: 'folder' } };
  // the lists of a folder of Trillion Pairs are its readers' paths
  return { config: { reader: paths.length > 1 || paths[0] !== path ? { name: format, path: [...paths] } : format } };
}

/** Formats whose readers take `aligned`; every other path is a folder to be read as it is. */
const WITH_ALIGNED: readonly string[] = ['flat-folder', 'zip', 'webdataset', 'insightface-rec'];

/** The reader of `--aligned`: the images at `data` are crops, in whatever they are packed. */
export async function alignedReader(data: string | undefined, baseDirectory: string): Promise<PluginReferenceInput> {
  if (data === undefined) return 'aligned-folder';
  const { format } = await recogniseFormat(resolve(baseDirectory, data));
  return WITH_ALIGNED.includes(format) ? { name: format, aligned: true } : 'aligned-folder';
}

/** The reader's reference with the data's path, where it does not name one itself. */
export function readerFor(reader: PluginReference, data: string | undefined, baseDirectory: string): PluginReference {
  const reference = typeof reader === 'object' ? reader : { name: reader };
  return data === undefined || 'path' in reference ? reference : { ...reference, path: resolve(baseDirectory, data) };
}
