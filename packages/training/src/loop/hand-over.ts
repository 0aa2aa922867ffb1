/** What a training passes from stage to stage. */
import type { HostTensors } from '@facewright/core';
import type { Position } from '../checkpoint/checkpoints.js';
import type { HeadInit } from './head-init.js';

export interface StageStart {
  readonly position: Position;
  readonly state: HostTensors;
  /** How the class centres were initialised. Missing in a resumed stage. */
  readonly head?: HeadInit;
  /** Step of the checkpoint to return to after a bad step, if that is not the start of the stage. */
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
