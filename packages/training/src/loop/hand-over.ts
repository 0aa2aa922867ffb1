/** What a training hands from stage to stage. */
import type { HostTensors } from '@facewright/core';
import type { Position } from '../checkpoint/checkpoints.js';
import type { HeadInit } from './head-init.js';

export interface StageStart {
  readonly position: Position;
  readonly state: HostTensors;
  /** How the class centres began. Missing in a stage that is resumed. */
  readonly head?: HeadInit;
  /** Step of the checkpoint that a bad step goes back to, if that is not where the stage starts. */
  readonly anchor?: number;
  /** Step of the newest checkpoint, if there is one. */
  readonly savedAt?: number;
}

export interface StageEnd {
  readonly position: Position;
  readonly state: HostTensors;
  /** Step of the newest checkpoint, if there is one. */
  readonly savedAt?: number;
}
