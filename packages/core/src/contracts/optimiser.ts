/** Turns gradients into new parameters. */
import type { Scalar } from '@tensorflow/tfjs-core';
import type { HostTensors, State } from '../values/tensors.js';

export interface OptimiserStep {
  readonly params: State;
  /** One for each parameter, of its shape. */
  readonly gradients: State;
  readonly memory: State;
  /** The learning rate of this step. */
  readonly rate: Scalar;
  groupOf(parameter: string): string | undefined;
  /** Names of the parameters that are frozen: they are not among `params`, and what is remembered of them stays as it is. */
  readonly frozen?: readonly string[];
}

export interface Optimiser {
  /** Momenta and counters, all zero at the start. */
  init(params: HostTensors): HostTensors;
  update(step: OptimiserStep): { params: State; memory: State };
}
