/** Implements `facewright model info`: a model's layers, parameters and multiply–adds, without training. */
import { FacewrightError } from '@facewright/core';
import { describeModel } from '@facewright/models';
import { jsonOptions } from '../config-of.js';
import { withSession } from '../session.js';
import type { SessionOptions } from '../session.js';

export interface InfoOptions extends SessionOptions {
  readonly options?: string;
}

export default (name: string, options: InfoOptions) =>
  withSession(options, async ({ print }) => {
    const model = describeModel(name, jsonOptions(options.options));
    if (!model)
      throw new FacewrightError({
        what: `The size of the model "${name}" is unknown.`,
        todo: 'Use mobilefacenet or mobilenetv2.',
      });
    const { inputSize, size, layers } = model;
    const line = (cells: readonly (string | number)[]): string =>
      cells.map((cell, i) => (i === 0 ? String(cell).padEnd(26) : cell.toLocaleString('en').padStart(14))).join('');
    print(line(['layer', 'output', 'parameters', 'multiply–adds']));
    for (const layer of layers) print(line([layer.name, layer.output.join('×'), layer.parameters, layer.multiplyAdds]));
    print(line([`${name}, ${inputSize.join('×')}`, '', size.parameters, size.multiplyAdds]));
    if (size.slopes)
      print(
        `without the ${size.slopes.toLocaleString('en')} PReLU slopes, as in papers: ${(size.parameters - size.slopes).toLocaleString('en')} parameters`,
      );
    return { json: { name, inputSize, ...size, layers } };
  });
