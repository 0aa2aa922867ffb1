/** The initial class centres of a stage, for each rule, with known, new and reordered people. */
import { createRandom, hostTensor, type HostTensor, type InitRule, type Loss } from '@facewright/core';
import { describe, expect, test } from 'vitest';
import { cosineLoss, linearLoss } from '../../test/tiny.js';
import { centresOf, initHead, noCentres, type KnownCentres } from './head-init.js';

/** Two recognisable numbers per person: `first` and its negative. */
const centresFrom = (...firsts: number[]): HostTensor =>
  hostTensor([2, firsts.length], Float32Array.from([...firsts, ...firsts.map((first) => -first)]));
const known: KnownCentres = { centres: centresFrom(10, 20, 30), identities: ['Ann', 'Bob', 'Cid'] };
const asked: number[][] = [];
/** The mean of label 1 is 101, and so on. */
const meansOf = async (labels: readonly number[]): Promise<HostTensor> => {
  asked.push([...labels]);
  return centresFrom(...labels.map((label) => 100 + label));
};
async function init(identities: string[], rule?: InitRule, more: { known?: KnownCentres; loss?: Loss } = { known }) {
  asked.length = 0;
  const { loss = cosineLoss, ...rest } = more;
  const { head, start } = await initHead(loss, {
    identities,
    embeddingSize: 2,
    rule,
    meansOf,
    random: createRandom(5),
    ...rest,
  });
  const fresh = loss.init(identities.length, 2, createRandom(5));
  return { head, start, fresh, asked: [...asked] };
}
const rule = (head: InitRule['head'], newcomers: InitRule['newcomers'] = 'means'): InitRule => ({ head, newcomers });

describe('carry, the default', () => {
  test('people keep their centres regardless of order', async () => {
    const { head, start, asked } = await init(['Cid', 'Ann', 'Bob']);
    expect(head.params).toEqual({ centres: centresFrom(30, 10, 20) });
    expect(start).toEqual({ carried: 3, means: 0, drawn: 0 });
    expect(asked).toEqual([]);
  });

  test('people who are gone are dropped', async () => {
    expect((await init(['Bob'])).head.params).toEqual({ centres: centresFrom(20) });
  });

  test('new people start at their mean embeddings', async () => {
    const { head, start, asked } = await init(['New', 'Bob', 'Newer', 'Ann']);
    expect(head.params).toEqual({ centres: centresFrom(100, 20, 102, 10) });
    expect(start).toEqual({ carried: 2, means: 2, drawn: 0 });
    expect(asked).toEqual([[0, 2]]);
  });

  test('or at random centres of the loss', async () => {
    const { head, start, fresh, asked } = await init(['New', 'Bob', 'Newer'], rule('carry', 'random'));
    const drawn = fresh.params.centres.data;
    expect(head.params).toEqual({
      centres: hostTensor([2, 3], Float32Array.of(drawn[0], 20, drawn[2], drawn[3], -20, drawn[5])),
    });
    expect(start).toEqual({ carried: 1, means: 0, drawn: 2 });
    expect(asked).toEqual([]);
  });

  test('with a model without centres, everybody is new', async () => {
    const { head, start } = await init(['Ann', 'Bob'], undefined, { known: noCentres(2) });
    expect(head.params).toEqual({ centres: centresFrom(100, 101) });
    expect(start).toEqual({ carried: 0, means: 2, drawn: 0 });
  });

  test.each([
    ['nothing is known', { known: undefined }],
    ['the embeddings have another size', { known: noCentres(3) }],
  ])('if %s, all centres are random', async (_, more) => {
    const { head, start, fresh, asked } = await init(['Ann', 'Bob'], undefined, more);
    expect(head).toEqual(fresh);
    expect(start).toEqual({ carried: 0, means: 0, drawn: 2 });
    expect(asked).toEqual([]);
  });

  test('if a loss has no centres, new people cannot be placed at random among known ones: all centres are random', async () => {
    const { centres: _, ...loss } = cosineLoss;
    const { head, start, fresh } = await init(['New', 'Ann'], rule('carry', 'random'), { known, loss });
    expect(head).toEqual(fresh);
    expect(start).toEqual({ carried: 0, means: 0, drawn: 2 });
  });
});

test('means: everybody starts at their mean embedding, known or not', async () => {
  const { head, start, asked } = await init(['Ann', 'New'], rule('means'));
  expect(head.params).toEqual({ centres: centresFrom(100, 101) });
  expect(start).toEqual({ carried: 0, means: 2, drawn: 0 });
  expect(asked).toEqual([[0, 1]]);
});

test('random: everybody starts at random, as with a loss that takes no centres', async () => {
  const random = await init(['Ann', 'Bob'], rule('random'));
  expect(random.head).toEqual(random.fresh);
  expect(random.start).toEqual({ carried: 0, means: 0, drawn: 2 });
  for (const head of ['carry', 'means'] as const) {
    const linear = await init(['Ann', 'Bob'], rule(head), { known, loss: linearLoss });
    expect(linear.head).toEqual(linear.fresh);
    expect(linear.start).toEqual({ carried: 0, means: 0, drawn: 2 });
  }
});

test('the parameters of a head other than its centres are initialised again', async () => {
  const { head, fresh } = await init(['Cid', 'New']);
  expect(head.statistics).toEqual(fresh.statistics);
  const biased: Loss = {
    ...cosineLoss,
    init: (...args) => {
      const { params, statistics } = cosineLoss.init(...args);
      return { params: { ...params, scale: hostTensor([1], Float32Array.of(64)) }, statistics };
    },
  };
  const { head: own } = await init(['Ann'], undefined, { known, loss: biased });
  expect(own.params).toEqual({ centres: centresFrom(10), scale: hostTensor([1], Float32Array.of(64)) });
});

test("the centres of a stage's final state are those of its loss, with the names of the people", () => {
  const state = { 'head/params/centres': centresFrom(1, 2), 'model/params/centres': centresFrom(9, 9) };
  expect(centresOf(cosineLoss, state, ['Ann', 'Bob'])).toEqual({
    centres: centresFrom(1, 2),
    identities: ['Ann', 'Bob'],
  });
  const { centres: _, ...none } = cosineLoss;
  expect(centresOf(none, state, ['Ann', 'Bob'])).toBeUndefined();
});
