/** Every op that can be captured, on a compiling engine: lowered correctly, or a gap declared with its reason. */
import { CAPTURED_OPS, capture, isGap } from '@facewright/capture';
import type { Engine, HostTensors } from '@facewright/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { expectClose } from './agree.js';
import { OP_EXAMPLES } from './captured-ops.js';
import { referenceEngine } from './reference.js';

export interface TableOptions {
  /** By example name, why the engine does not lower it. */
  readonly gaps?: Readonly<Record<string, string>>;
  /** Tolerance relative to the largest value. */
  readonly tolerance?: number;
  /** For individual examples, by name. */
  readonly tolerances?: Readonly<Record<string, number>>;
}

/** Registers the tests. The engine is opened before them and disposed of afterwards. */
export function testLowerings(
  open: () => Promise<Engine>,
  { gaps = {}, tolerance = 2e-5, tolerances = {} }: TableOptions = {},
): void {
  let engine: Engine;
  beforeAll(async () => void (engine = await open()));
  afterAll(() => engine?.dispose());

  test('every op that can be captured has an example, and every gap is for an example', () => {
    const shown = new Set(
      OP_EXAMPLES.flatMap(({ step, inputs }) => capture(step, { inputs }).nodes.map(({ op }) => op)),
    );
    expect(CAPTURED_OPS.filter((op) => !shown.has(op))).toEqual([]);
    expect(Object.keys(gaps).filter((name) => !OP_EXAMPLES.some((example) => example.name === name))).toEqual([]);
  });

  test.each(OP_EXAMPLES.map((example) => [gapOf(example.name, gaps), example] as const))('%s', async (_, example) => {
    const executable = engine.compile(example.step, { name: example.name });
    const result = await executable.run(example.inputs).catch((error: unknown) => error);
    if (gaps[example.name] && isGap(result)) return;
    if (result instanceof Error) throw result;
    if (gaps[example.name]) expect(executable.lowering, 'it is lowered: the gap is none any more').toBe('eager');
    else expect(executable.lowering).not.toBe('eager');
    const reference = (await referenceEngine()).compile(example.step);
    expectClose(result as HostTensors, await reference.run(example.inputs), tolerances[example.name] ?? tolerance);
    executable.dispose();
    reference.dispose();
  });
}

const gapOf = (name: string, gaps: NonNullable<TableOptions['gaps']>): string =>
  gaps[name] ? `${name} (a gap: ${gaps[name]})` : name;
