/** Turns gradients into new parameters. */
import type { Scalar } from '@tensorflow/tfjs-core';
import type { HostTensors, State } from '../values/tensors.js';

export interface OptimiserStep {
  readonly params: State;
  /** One per parameter, with the same shape. */
  readonly gradients: State;
  readonly memory: State;
  /** Learning rate of this step. */
  readonly rate: Scalar;
  groupOf(parameter: string): string | undefined;
  /** Names of frozen parameters. They are not in `params`, and their optimiser state does not change. */
  readonly frozen?: readonly string[];
}

export interface Optimiser {
  /** Momenta and counters, initially all zero. */
  init(params: HostTensors): HostTensors;
  update(step: OptimiserStep): { params: State; memory: State };
}
