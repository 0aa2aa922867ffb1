/** How the networks are compiled. What they answer is tested in detector.test.ts and blocked-nets.test.ts. */
import type { CompileOptions, Engine, Executable } from '@facewright/core';
import { expect, test } from 'vitest';
import { netTensors, WEIGHT_COUNT } from './layout.js';
import { compileNets } from './nets.js';

const tensors = netTensors(new Float32Array(WEIGHT_COUNT));

function compiled(layout?: Engine['layout']) {
  const given: CompileOptions[] = [];
  const engine = {
    layout,
    compile: (_: unknown, options: CompileOptions) => void given.push(options) as unknown as Executable,
  };
  compileNets(engine as unknown as Engine, tensors);
  return given;
}

test('P-Net takes photos of any height and width, the others any number of crops', () => {
  for (const given of [compiled(), compiled('planes')])
    expect(given.map(({ name, dynamicAxes }) => [name, dynamicAxes])).toEqual([
      ['mtcnn/pnet', { images: [2, 3] }],
      ['mtcnn/rnet', { images: [0] }],
      ['mtcnn/onet', { images: [0] }],
    ]);
});

test('pixels are not copied on their way in, nor answers on their way out', () => {
  for (const options of compiled()) expect(options).toMatchObject({ inputsStay: true, outputsGo: true });
});

test('each network has its own weights, in the layout that the engine likes', () => {
  const [plain, blocked] = [compiled(), compiled('planes')];
  for (const [index, name] of (['pnet', 'rnet', 'onet'] as const).entries()) {
    expect(plain[index].state === tensors[name]).toBe(true); // comparing half a million numbers takes long
    expect(Object.keys(blocked[index].state!)).not.toEqual(Object.keys(tensors[name]));
  }
});
