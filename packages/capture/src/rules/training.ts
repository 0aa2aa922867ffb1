/** Core's training ops. Each stays a single node, which lowerings understand. */
import {
  ADD_TO_TARGET,
  BATCH_NORM_TRAINING,
  BATCH_NORM_TRAINING_GRADIENT,
  PRELU_GRADIENT,
  SOFTMAX_CROSS_ENTROPY,
  SOFTMAX_CROSS_ENTROPY_GRADIENT,
  TARGET_ENTRY,
} from '@facewright/core';
import type { TensorSpec } from '../graph.js';
import type { Rules } from './rule.js';

const plain = ({ shape }: TensorSpec): TensorSpec => ({ shape, dtype: 'float32' });

export const trainingRules: Rules = {
  [BATCH_NORM_TRAINING]: ({ x, gamma }) => [plain(x), plain(gamma), plain(gamma)],
  [BATCH_NORM_TRAINING_GRADIENT]: ({ x, gamma }) => [plain(x), plain(gamma), plain(gamma)],
  [PRELU_GRADIENT]: ({ x, alpha }) => [plain(x), plain(alpha)],
  [SOFTMAX_CROSS_ENTROPY]: ({ labels }) => plain(labels),
  [SOFTMAX_CROSS_ENTROPY_GRADIENT]: ({ logits }) => plain(logits),
  [TARGET_ENTRY]: ({ x }) => ({ shape: [x.shape[0], 1], dtype: 'float32' }),
  [ADD_TO_TARGET]: ({ x }) => plain(x),
};
