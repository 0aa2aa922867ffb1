/** What `data` is: a prepared dataset, a landmark list or a folder of people; and the reader that fits. */
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { FacewrightError, type PluginReference, type RunConfigInput } from '@facewright/core';

export interface DataSource {
  /** Path of a dataset that needs no preparation. */
  readonly prepared?: string;
  /** Config that the kind of data asks for; it lies under what the user says. */
  readonly config: RunConfigInput;
}

/** Throws a `FacewrightError` where there is nothing at `data`. */
export async function recogniseData(data: string | undefined, baseDirectory: string): Promise<DataSource> {
  if (data === undefined) return { config: {} };
  const path = resolve(baseDirectory, data);
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new FacewrightError({ what: error.code === 'ENOENT' ? 'There is no such file or folder.' : `The data cannot be opened: ${error.message}`, where: path, todo: 'Name a folder of one subfolder a person, a landmark list, or a prepared dataset by --data.', cause: error });
  });
  if (found.isDirectory()) {
    const prepared = await stat(join(path, 'dataset.json')).then((file) => file.isFile(), () => false);
    return prepared ? { prepared: path, config: {} } : { config: { reader: 'folder' } };
  }
  return { config: { reader: 'trillion-pairs' } };
}

/** The reader's reference with the data's path, where it does not name one itself. */
export function readerFor(reader: PluginReference, data: string | undefined, baseDirectory: string): PluginReference {
  const reference = typeof reader === 'string' ? { name: reader } : reader;
  return data === undefined || 'path' in reference ? reference : { ...reference, path: resolve(baseDirectory, data) };
}
