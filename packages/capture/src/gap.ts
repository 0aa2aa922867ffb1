/** An op that cannot be captured or lowered. The engine then runs the step op by op if it can; otherwise the caller gets the error. */
import { FacewrightError } from '@facewright/core';

export class Gap extends FacewrightError {
  readonly isGap = true;

  /** `missing` says what has no lowering, e.g. `GatherV2 with batch axes`. */
  constructor(
    readonly missing: string,
    { step, engine, where, cause }: { step?: string; engine?: string; where?: string; cause?: unknown } = {},
  ) {
    super({
      what: `${step === undefined ? 'A step' : `The step "${step}"`} uses ${missing}, which cannot be ${engine === undefined ? 'captured' : `lowered by the engine "${engine}"`}.`,
      where,
      todo: 'Use other tfjs ops, or an engine that runs op by op (wasm or cpu).',
      cause,
    });
    this.name = 'Gap';
  }
}

/** Works across copies of this package. */
export const isGap = (error: unknown): error is Gap => error instanceof Error && (error as Partial<Gap>).isGap === true;
