/**
 * Determines what `data` is (a prepared dataset, or a supported format) and which reader fits. The readers' package is
 * loaded once there is something to look at.
 */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import {
  FacewrightError,
  type PluginReference,
  type PluginReferenceInput,
  type RunConfigInput,
} from '@facewright/core';

export interface DataSource {
  /** Path of a dataset that is already prepared. */
  readonly prepared?: string;
  /** Config defaults for this kind of data, below the user's config. */
  readonly config: RunConfigInput;
}

/** For one photo per person: keeps all of them. */
const EACH: RunConfigInput['tiers'] = [{ name: 'each', above: 0, augment: [] }];

/**
 * Throws a `FacewrightError` if there is nothing at `data`. With `flat`, photos outside any person's folder each count
 * as a separate person; otherwise they go to the folder reader, which rejects them.
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
      what: error.code === 'ENOENT' ? 'There is no such file or folder.' : `Cannot open the data: ${error.message}`,
      where: path,
      todo: 'Check the path: --data, or "data" in the config.',
      cause: error,
    });
  });
  const { format, paths } = await formatOf(path);
  if (format === 'dataset') return { prepared: path, config: {} };
  if (format === 'insightface-bin')
    throw new FacewrightError({
      what: 'This is a verification set: it contains pairs, not people to train on.',
      where: path,
      todo: 'Verify a model on it: facewright evaluate --pairs <it> --images <it>.',
    });
  if (format === 'flat-folder') return { config: flat ? { reader: format, tiers: EACH } : { reader: 'folder' } };
  // the lists in a folder of Trillion Pairs are its readers' paths
  return { config: { reader: paths.length > 1 || paths[0] !== path ? { name: format, path: [...paths] } : format } };
}

const formatOf = async (path: string) => (await import('@facewright/datasets')).recogniseFormat(path);

/** Formats whose readers accept `aligned`. Any other path is a folder to read unchanged. */
const WITH_ALIGNED: readonly string[] = ['flat-folder', 'zip', 'webdataset', 'insightface-rec'];

/** The reader for `--aligned`: the images at `data` are crops, in any format. */
export async function alignedReader(data: string | undefined, baseDirectory: string): Promise<PluginReferenceInput> {
  if (data === undefined) return 'aligned-folder';
  const { format } = await formatOf(resolve(baseDirectory, data));
  return WITH_ALIGNED.includes(format) ? { name: format, aligned: true } : 'aligned-folder';
}

/** The reader's reference with the data's path, unless it names one itself. */
export function readerFor(reader: PluginReference, data: string | undefined, baseDirectory: string): PluginReference {
  const reference = typeof reader === 'object' ? reader : { name: reader };
  return data === undefined || 'path' in reference ? reference : { ...reference, path: resolve(baseDirectory, data) };
}

/** Whether the reader's options say where it reads, so that no data need be given. */
export const namesItsData = (reader: PluginReferenceInput | undefined): boolean =>
  typeof reader === 'object' && Object.keys(reader).length > 1;

/** For a command without data. `todo` names what it takes. */
export const noData = (where: string, todo = 'Add --data <folder of people>.'): FacewrightError =>
  new FacewrightError({ what: 'No data was given.', where, todo });
