/** The parts that are known by name in the page, as in a config file. */
import {
  FacewrightError,
  plainReference,
  type Contracts,
  type DataReference,
  type PluginContext,
  type PluginFactory,
  type PluginKind,
  type PluginReference,
} from '@facewright/core';
import {
  adaFace,
  arcFace,
  combinedMargin,
  cosFace,
  curricularFace,
  magFace,
  normalisedSoftmax,
  softmax,
  subCentreArcFace,
} from '@facewright/losses';
import { mobileFaceNet, mobileNetV2 } from '@facewright/models';
import { fivePoint, gaussianNoise, opening, saltAndPepper } from '@facewright/preprocess';
import { adam, adamW, sgd } from '@facewright/training';

const KNOWN = [
  fivePoint,
  opening,
  gaussianNoise,
  saltAndPepper,
  mobileFaceNet,
  mobileNetV2,
  softmax,
  normalisedSoftmax,
  arcFace,
  cosFace,
  combinedMargin,
  subCentreArcFace,
  adaFace,
  magFace,
  curricularFace,
  sgd,
  adam,
  adamW,
] as unknown as readonly PluginFactory[];

export interface Part<K extends PluginKind> {
  readonly name: string;
  /** With defaults filled in. */
  readonly options: unknown;
  readonly part: Contracts[K];
}

/** Makes a part by its name and options. Throws a `FacewrightError` for a name that the page does not know and for wrong options. */
export async function makePart<K extends PluginKind>(
  kind: K,
  reference: PluginReference | DataReference,
  context: PluginContext,
): Promise<Part<K>> {
  const { name, options } = plainReference(reference);
  const known = KNOWN.filter(({ meta }) => meta.kind === kind);
  const plugin = known.find(({ meta }) => meta.name === name) as PluginFactory<K> | undefined;
  if (!plugin)
    throw new FacewrightError({
      what: `The page has no ${kind} "${name}".`,
      todo: `It knows ${known.map(({ meta }) => meta.name).join(', ')}; plugins of your own run in the command line tool.`,
    });
  const configured = plugin(options as never, `options of ${kind} "${name}"`);
  return { name, options: configured.options, part: await configured.create(context) };
}
