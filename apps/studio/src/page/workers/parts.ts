/** The parts known by name in the page, as in a config file. */
import {
  findPlugin,
  type Contracts,
  type DataReference,
  type PluginContext,
  type PluginFactory,
  type PluginKind,
} from '@facewright/core';
import { LOSSES } from '@facewright/losses';
import { mobileFaceNet, mobileNetV2 } from '@facewright/models';
import { fivePoint, gaussianNoise, opening, saltAndPepper } from '@facewright/preprocess';
import { pluginsOf, type Builtins, type PluginPackage } from '@facewright/run';
import { CRITERIA, OPTIMISERS } from '@facewright/training';

const from = (name: string, ...plugins: unknown[]): PluginPackage => ({ name, plugins: plugins as PluginFactory[] });

export const builtins: Builtins = [
  from('@facewright/preprocess', fivePoint, opening, gaussianNoise, saltAndPepper),
  from('@facewright/models', mobileFaceNet, mobileNetV2),
  from('@facewright/losses', ...LOSSES),
  from('@facewright/training', ...OPTIMISERS, ...CRITERIA),
];

export interface Part<K extends PluginKind> {
  readonly name: string;
  /** With defaults filled in. */
  readonly options: unknown;
  readonly part: Contracts[K];
}

/**
 * Creates a part named in a file. Throws a `FacewrightError` for a name the page does not know and for wrong options.
 */
export async function makePart<K extends PluginKind>(
  kind: K,
  reference: DataReference,
  context: PluginContext,
): Promise<Part<K>> {
  const plugin = findPlugin(kind, reference, { known: pluginsOf(builtins), where: 'the file given to the page' });
  return { name: plugin.meta.name, options: plugin.options, part: await plugin.create(context) };
}
