/**
 * Every composite op's formula in canonical primitives, compared with tfjs's own kernel; and canonical graphs compared
 * with the originals.
 */
import { openEagerEngine } from '@facewright/core';
import { OP_EXAMPLES, type OpExample } from '@facewright/test/captured-ops';
import { expectClose } from '@facewright/test/agree';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, test } from 'vitest';
import { canonical, CAPTURED_OPS, capture, COMPOSITE_OPS, decompose, interpret, type Graph } from '../index.js';

beforeAll(async () => void (await openEagerEngine({ name: 'cpu', tfBackend: 'cpu', device: 'js' })));

const captured = ({ name, step, inputs }: OpExample): Graph => capture(step, { inputs }, { name });
const run = (graph: Graph, { inputs }: OpExample) => interpret(graph, 'cpu', {}, inputs).outputs;
const opsOf = (graph: Graph): Set<string> => new Set(graph.nodes.map(({ op }) => op));
/** All ops that are not composite. */
const primitives = new Set(CAPTURED_OPS.filter((op) => !COMPOSITE_OPS.includes(op)));

test('there is an example of every op that can be captured', () => {
  const shown = new Set(OP_EXAMPLES.flatMap((example) => [...opsOf(captured(example))]));
  expect(CAPTURED_OPS.filter((op) => !shown.has(op))).toEqual([]);
});

describe.each(OP_EXAMPLES.map((example) => [example.name, example] as const))('%s', (_, example) => {
  test('in canonical form it computes the same, bit for bit, and is idempotent', () => {
    const graph = captured(example);
    const form = canonical(graph);
    expect(run(form, example)).toEqual(run(graph, example));
    expect(canonical(form)).toEqual(form);
  });

  test('in primitives it computes the same', () => {
    const graph = captured(example);
    const parts = decompose(graph, primitives);
    expect([...opsOf(parts)].filter((op) => COMPOSITE_OPS.includes(op))).toEqual([]);
    expectClose(run(parts, example), run(graph, example), 2e-5);
  });
});
