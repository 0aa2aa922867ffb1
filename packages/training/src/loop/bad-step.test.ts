/** Messages shown when a training fails. */
import { FacewrightError, hostScalar, hostTensor, type HostTensors } from '@facewright/core';
import { describe, expect, test } from 'vitest';
import { listed, notFinite, whatFailed, type BadStep } from './bad-step.js';
import { badImages, firstBadTensor, firstNotFinite, type FailedStep } from './bad-tensor.js';

const bad: BadStep = { step: 12, loss: NaN, gradientNorm: 3, rate: 0.1, tensor: 'stem', images: ['a.jpg', 'b.jpg'] };
const ending = (more: Partial<Parameters<typeof notFinite>[1]>): FacewrightError =>
  notFinite(bad, { stage: 'arcface', directory: 'run', setbacks: 0, ...more });

describe('the error that ends a training', () => {
  test('says what failed, at which learning rate, in which tensor and images', () => {
    expect(ending({})).toBeInstanceOf(FacewrightError);
    expect(ending({})).toMatchObject({
      what: 'Training went wrong at step 12: the loss is NaN. The stage uses arcface, at learning rate 0.1.\nFirst bad tensor: stem. Images in this step: a.jpg, b.jpg.',
      where: 'run',
    });
    expect(ending({}).todo).toMatch(/^Lower the learning rate[^]*images listed above\.$/);
  });

  test('says how often the step was retried, and which checkpoint is good', () => {
    expect(ending({ setbacks: 3 }).what).toMatch(/did not help \(tried 3 times\)\.$/);
    expect(ending({ savedAt: 8 }).todo).toMatch(/The checkpoint at step 8 is good\.$/);
    expect(ending({ savedAt: 0 }).todo).toMatch(/The checkpoint at step 0 is good\.$/);
  });

  test('does not blame the learning rate for weights that were already bad, nor call their checkpoint good', () => {
    const { todo } = ending({ badBeforeStep: 'model/params/stem', savedAt: 8 });
    expect(todo).toContain('already bad before this step, in model/params/stem');
    expect(todo).not.toMatch(/Lower the learning rate|step 8/);
  });
});

test('reports a finite loss with the norm of its gradients', () => {
  expect(whatFailed({ ...bad, loss: 2.5, gradientNorm: Infinity })).toBe(
    'Training went wrong at step 12: the gradient norm is Infinity (loss 2.5).',
  );
  expect(whatFailed({ ...bad, loss: -Infinity })).toContain('the loss is -Infinity');
});

test('a long list is cut, with the number of the rest', () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
  expect(listed(names.slice(0, 6))).toBe('a, b, c, d, e, f');
  expect(listed(names)).toBe('a, b, c, d, e, f and 2 more');
  expect(listed(names, 7)).toBe('a, b, c, d, e, f, g and 1 more');
});

describe('the first bad tensor', () => {
  const good = hostTensor([2], Float32Array.of(1, 2));
  const broken = hostTensor([2], Float32Array.of(1, NaN));
  const order = [
    'model/params/stem',
    'model/params/out',
    'model/statistics/stem',
    'model/statistics/out',
    'head/params/centres',
  ];
  const state = (...names: string[]): HostTensors =>
    Object.fromEntries(order.map((name) => [name, names.includes(name) ? broken : good]));
  const step = (more: Partial<FailedStep>): string =>
    firstBadTensor({
      inputs: { images: hostTensor([3, 2], new Float32Array(6)), rate: hostScalar(0.1) },
      loss: 1,
      state: state(),
      order,
      lossName: 'arcface',
      ...more,
    });

  test('is the images, checked one by one, before anything else', () => {
    const images = hostTensor([3, 2], Float32Array.of(NaN, 0, 0, 0, 0, Infinity));
    expect(badImages(images)).toEqual([0, 2]);
    expect(step({ inputs: { images, rate: hostScalar(NaN) }, loss: NaN })).toBe(
      'the input images (image 1 of the batch, image 3 of the batch)',
    );
  });

  test('then the learning rate', () => {
    const inputs = { images: hostTensor([1, 1], new Float32Array(1)), rate: hostScalar(Infinity) };
    expect(step({ inputs, loss: NaN, state: state(...order) })).toBe('the learning rate');
  });

  test('in the forward pass, it is the first bad statistic, otherwise the input of the loss', () => {
    expect(
      step({ loss: NaN, state: state('model/params/stem', 'model/statistics/stem', 'model/statistics/out') }),
    ).toMatch(/^model\/statistics\/stem /);
    expect(step({ loss: Infinity, state: state('model/params/stem', 'head/params/centres') })).toMatch(
      /^the logits of the loss "arcface"/,
    );
  });

  test('in the backward pass, it is the last bad parameter, otherwise the norm itself', () => {
    expect(step({ state: state('model/params/stem', 'model/params/out', 'model/statistics/out') })).toBe(
      'the gradient of model/params/out',
    );
    expect(step({ state: state(...order) })).toBe('the gradient of head/params/centres');
    expect(step({})).toMatch(/^the norm of the gradients/);
  });

  test('is searched for in the given order among the available values', () => {
    expect(firstNotFinite({ a: good, b: broken, c: broken })).toBe('b');
    expect(firstNotFinite({ a: good, b: broken, c: broken }, ['x', 'c', 'b'])).toBe('c');
    expect(firstNotFinite({ a: good })).toBeUndefined();
  });
});
