/**
 * Loads a command's implementation only when it runs: `--help`, command-line mistakes and paths that do not exist load
 * no image library and no engine.
 */
import { startedWithOthers } from '@facewright/cluster-mpi/launch';
import type { Command } from 'commander';
import { missingPath, tellMissing } from './paths-given.js';

type Action<Args extends unknown[]> = (...args: Args) => Promise<void>;

/** Commands whose processes meet: one of them reports the error, which their implementation finds again. */
const MEET = ['run', 'train'];

export const lazily =
  <Args extends unknown[]>(load: () => Promise<{ readonly default: Action<Args> }>): Action<Args> =>
  async (...args) => {
    const command = args.at(-1) as Command; // commander's last argument to every action
    const missing = missingPath(command);
    const meets = MEET.includes(command.name()) && startedWithOthers(process.env);
    if (missing && !meets) return tellMissing(missing, command.opts().json === true);
    await import('@facewright/backend-onnx/telemetry'); // turned off before anything loads onnxruntime
    await (await load()).default(...args);
  };
