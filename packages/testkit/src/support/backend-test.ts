/** Shared by the parts of the backend suite. */
import type { Engine, Executable, HostTensors, State, StepFunction } from '@facewright/core';
import type { Check } from './suite.js';

export interface BackendTest {
  readonly check: Check;
  readonly tolerance: number;
  /** Runs a step once, without state. */
  once(step: (inputs: State) => State, inputs: HostTensors): Promise<HostTensors>;
  compile(step: StepFunction, state?: HostTensors): Executable;
  engine(): Engine;
}
