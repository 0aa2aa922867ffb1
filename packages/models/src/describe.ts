/** The structure of this package's models, for tables. */
import { parseOptions } from '@facewright/core';
import { sizeOf } from './bottlenecks.js';
import { layerSizes, networkSize, type LayerSize, type NetworkSize } from './layers.js';
import { mobileFaceNetBlocks, mobileFaceNetOptions } from './mobilefacenet.js';
import { mobileNetV2Blocks, mobileNetV2Options } from './mobilenetv2.js';

export interface ModelDescription {
  readonly inputSize: readonly [height: number, width: number];
  readonly size: NetworkSize;
  readonly layers: readonly LayerSize[];
}

/**
 * Accepts `mobilefacenet` and `mobilenetv2`; undefined for any other name. Throws a `FacewrightError` for invalid
 * options.
 */
export function describeModel(name: string, options: unknown = {}): ModelDescription | undefined {
  const where = `options of model "${name}"`;
  const of = (inputSize: Parameters<typeof sizeOf>[0], blocks: Parameters<typeof networkSize>[0]): ModelDescription => {
    const side = sizeOf(inputSize);
    return { inputSize: side, size: networkSize(blocks, side), layers: layerSizes(blocks, side) };
  };
  if (name === 'mobilefacenet') {
    const checked = parseOptions(mobileFaceNetOptions, options, where);
    return of(checked.inputSize, mobileFaceNetBlocks(checked));
  }
  if (name === 'mobilenetv2') {
    const checked = parseOptions(mobileNetV2Options, options, where);
    return of(checked.inputSize, mobileNetV2Blocks(checked));
  }
  return undefined;
}
