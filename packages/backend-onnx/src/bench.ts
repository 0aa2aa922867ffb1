/** Measures a compiled step: images a second, and the most memory the process has taken. */
import type { Engine, HostTensors, StepFunction } from '@facewright/core';

export interface BenchOptions {
  readonly engine: Engine;
  readonly step: StepFunction;
  readonly state: HostTensors;
  readonly inputs: HostTensors;
  /** Images in `inputs`. */
  readonly batch: number;
  /** Steps that count; two more go first. */
  readonly steps?: number;
}

export interface BenchResult {
  readonly backend: string;
  /** How the engine lowers steps, where it says so. */
  readonly lowering?: string;
  readonly batch: number;
  /** Of the median step. */
  readonly imagesPerSecond: number;
  /** Of the whole process, from its start: run one measurement a process. */
  readonly peakMemoryBytes: number;
}

const WARM_UP = 2;

export async function benchTrain({ engine, step, state, inputs, batch, steps = 5 }: BenchOptions): Promise<BenchResult> {
  const executable = engine.compile(step, { state, name: 'bench' });
  const milliseconds: number[] = [];
  for (let i = 0; i < WARM_UP + steps; i++) {
    const start = performance.now();
    await executable.run(inputs);
    if (i >= WARM_UP) milliseconds.push(performance.now() - start);
  }
  executable.dispose();
  const median = milliseconds.sort((a, b) => a - b)[Math.floor(steps / 2)];
  const lowering = 'lowering' in engine ? String(engine.lowering) : undefined;
  return { backend: engine.name, ...(lowering && { lowering }), batch, imagesPerSecond: (1000 * batch) / median, peakMemoryBytes: process.resourceUsage().maxRSS * 1024 };
}
