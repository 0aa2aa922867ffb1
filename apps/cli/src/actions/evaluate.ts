/** Implements `facewright evaluate`: verification accuracy of a trained model. */
import { targetOf } from '../evaluation-target.js';
import { withSession } from '../session.js';
import type { CommonOptions } from '../options.js';

export interface EvaluateOptions extends CommonOptions {
  readonly model: string;
  readonly pairs?: string;
  readonly templates?: string;
  readonly images?: string;
  readonly aligned?: boolean;
  readonly data?: string;
  readonly without?: string;
  readonly groups?: string;
  readonly identify?: boolean;
  readonly flip?: boolean;
  readonly out?: string;
  readonly open?: boolean;
}

export default (options: EvaluateOptions) =>
  withSession({ ...options, writes: options.out }, async (session) => {
    const target = targetOf(options);
    const { evaluateModel } = await import('../evaluate-model.js');
    return evaluateModel(target, options, session);
  });
