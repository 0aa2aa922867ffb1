/**
 * Checkpoints: `checkpoints/<step>/` with `state.safetensors` (all tensors of the training) and `state.json` (its
 * position). Each appears complete or not at all and contains its own hashes. The last few and the best are kept; a
 * damaged one is skipped in favour of the one before.
 */
import {
  dataName,
  dataReference,
  FacewrightError,
  messageOf,
  parseOptions,
  readSafetensors,
  safetensorsPieces,
  type DataName,
  type DataReference,
  type Emit,
  type HostTensors,
  type PluginReference,
} from '@facewright/core';
import {
  createSha256,
  join,
  readdir,
  readFile,
  replaceDirectory,
  rm,
  withFile,
  writeFileAtomic,
} from '@facewright/platform';
import { z } from 'zod';
import { digestOf, sha256 } from './digest.js';
import type { Fingerprint } from './fingerprint.js';
import type { StageRecord } from '../criteria/record.js';

const TENSORS = 'state.safetensors';
const STATE = 'state.json';

/** The position of a training. Together with the tensors this is its complete state. */
export interface Position {
  /** Steps completed over all stages. */
  readonly step: number;
  /** The stage the tensors belong to. */
  readonly stage: number;
  /** What the stage has seen so far. */
  readonly record: StageRecord;
  /** The best validation so far. */
  readonly best?: Best;
  /**
   * Set in a checkpoint written outside the regular interval: the step of the checkpoint to return to after a bad step.
   */
  readonly anchor?: number;
}

export interface Best {
  readonly step: number;
  /** On the validation photos, in [0, 1]. */
  readonly accuracy: number;
  readonly loss: number;
}

/** Whether a validation beats the best so far: higher accuracy, or equal accuracy with a lower loss. */
export const isBetter = (now: Omit<Best, 'step'>, best: Omit<Best, 'step'> | undefined): boolean =>
  !best || now.accuracy > best.accuracy || (now.accuracy === best.accuracy && now.loss < best.loss);

/**
 * What others need to use a checkpoint's tensors. Plugins are recorded under their own names, never under the path or
 * package they were loaded from.
 */
export interface About {
  /** The model plugin and its options. */
  readonly model: { readonly name: string; readonly options: unknown };
  readonly alignment: { readonly fingerprint: string; readonly size: number };
  /** The loss of the stage, with its options as in the config. */
  readonly loss: string | { readonly name: string };
}

/** The same as read from a file, where names may be anything. */
export interface AboutRead extends Pick<About, 'alignment'> {
  readonly model: { readonly name: DataName; readonly options: unknown };
  readonly loss: DataReference;
}

/** A part of the config under its plugin's own name. */
export const underOwnName = (reference: PluginReference, name: string): About['loss'] =>
  typeof reference === 'object' ? { ...reference, name } : name;

const stateFile = z.object({
  format: z.literal(2),
  step: z.int().min(0),
  stage: z.int().min(0),
  record: z.object({
    steps: z.int().min(0),
    recent: z.array(z.number()),
    setbacks: z.int().min(0),
    memories: z.array(z.record(z.string(), z.unknown())),
  }),
  best: z.object({ step: z.int(), accuracy: z.number(), loss: z.number() }).optional(),
  anchor: z.int().min(0).optional(),
  about: z.object({
    model: z.object({ name: dataName, options: z.unknown() }),
    alignment: z.object({ fingerprint: z.string(), size: z.int() }),
    loss: dataReference,
  }),
  /** only informative: these follow from the step and the config */
  epoch: z.int().min(0),
  batchInEpoch: z.int().min(0),
  rate: z.number(),
  fingerprint: z.record(z.string(), z.string()),
  tensors: z.object({ file: z.literal(TENSORS), bytes: z.int(), sha256: z.string() }),
});
/** The file on disk, with the SHA-256 of everything else in it. */
const signedFile = z.looseObject({ sha256: z.string() });

export interface Checkpoint {
  readonly position: Position;
  readonly state: HostTensors;
}

export interface ReadCheckpoint extends Checkpoint {
  readonly about: AboutRead;
  readonly fingerprint: Fingerprint;
}

export interface CheckpointDetails {
  readonly epoch: number;
  readonly batchInEpoch: number;
  /** Learning rate of the next step. */
  readonly rate: number;
  readonly about: About;
}

/** The checkpoints of one training. `directory` need not exist yet. */
export class Checkpoints {
  constructor(
    private readonly directory: string,
    private readonly keep: number,
    private readonly fingerprint: Fingerprint,
    private readonly emit: Emit,
  ) {}

  /** Writes a checkpoint, then removes all but the last `keep`, the best one, and its anchor. Returns its path. */
  async write({ position, state }: Checkpoint, details: CheckpointDetails): Promise<string> {
    const path = join(this.directory, nameOf(position.step));
    // the tensors' own bytes: a second copy of a million class centres would take half a gigabyte
    const tensors = safetensorsPieces(state);
    const content = {
      format: 2,
      ...position,
      ...details,
      fingerprint: this.fingerprint,
      tensors: { file: TENSORS, bytes: tensors.reduce((sum, { length }) => sum + length, 0), sha256: sha256(tensors) },
    };
    await replaceDirectory(path, async (aside) => {
      await writeFileAtomic(join(aside, TENSORS), tensors);
      await writeFileAtomic(
        join(aside, STATE),
        `${JSON.stringify({ ...content, sha256: digestOf(content) }, null, 2)}\n`,
      );
    });
    this.emit('checkpoint.written', { path, stage: position.stage, step: position.step });
    await this.removeOld(position);
    return path;
  }

  /** The checkpoint of this step, if it is intact. */
  async at(step: number): Promise<Checkpoint | undefined> {
    return readCheckpoint(join(this.directory, nameOf(step))).catch(() => undefined);
  }

  /** The newest intact checkpoint, if there are any; emits a notice for each damaged one it skips. */
  async latest(): Promise<Checkpoint | undefined> {
    const steps = await this.steps();
    for (const step of steps) {
      const path = join(this.directory, nameOf(step));
      const found = await readCheckpoint(path).catch((error: unknown) => {
        this.emit('notice', {
          level: 'warning',
          message: `Skipping the checkpoint ${path}, which is damaged: ${messageOf(error).split('\n')[0]}`,
        });
        return undefined;
      });
      if (!found) continue;
      this.requireSameFingerprint(found.fingerprint, path);
      return found;
    }
    if (steps.length > 0) {
      throw new FacewrightError({
        what: `None of the ${steps.length} checkpoints can be read.`,
        where: this.directory,
        todo: 'Delete them and start over without --resume.',
      });
    }
    return undefined;
  }

  /** Throws a `FacewrightError` if there are checkpoints: a new training would overwrite them. */
  async requireNone(): Promise<void> {
    const [step] = await this.steps();
    if (step === undefined) return;
    throw new FacewrightError({
      what: `This directory already holds a training, at step ${step}.`,
      where: this.directory,
      todo: 'Continue it with --resume, choose another directory, or delete this one.',
    });
  }

  /** Newest first. */
  private steps(): Promise<number[]> {
    return checkpointSteps(this.directory);
  }

  /** Checkpoints after `current` are damaged ones that were skipped: they do not count, and are removed too. */
  private async removeOld({ step: current, best, anchor }: Position): Promise<void> {
    const steps = (await this.steps()).filter((step) => step <= current);
    const kept = new Set(
      [...steps.slice(0, this.keep), ...steps.filter((step) => step === best?.step || step === anchor)].map(nameOf),
    );
    const names = await readdir(this.directory);
    // also removes what a kill left half written or half deleted
    const goes = names.filter((name) => (/^\d+$/.test(name) && !kept.has(name)) || /\.(partial|former)$/.test(name));
    await Promise.all(goes.map((name) => rm(join(this.directory, name), { recursive: true, force: true })));
  }

  private requireSameFingerprint(others: Fingerprint, path: string): void {
    const changed = [...new Set([...Object.keys(this.fingerprint), ...Object.keys(others)])].filter(
      (name) => this.fingerprint[name] !== others[name],
    );
    if (changed.length === 0) return;
    throw new FacewrightError({
      what: `The checkpoint is from a different training: ${changed.join(', ')} changed.`,
      where: path,
      todo: 'Resume with the original config and dataset, or start a new training in another directory.',
    });
  }
}

/** Zero-padded, so that listings are in order. */
export const nameOf = (step: number): string => String(step).padStart(8, '0');

/** Steps of the checkpoints in a directory, newest first. */
export async function checkpointSteps(directory: string): Promise<number[]> {
  const names = await readdir(directory).catch(() => []);
  return names
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .sort((a, b) => b - a);
}

/** Rejects if any part of it is damaged. */
export async function readCheckpoint(path: string): Promise<ReadCheckpoint> {
  const content = signedFile.parse(JSON.parse(await readFile(join(path, STATE), 'utf8')));
  const { sha256: expected, ...written } = content;
  if (digestOf(written) !== expected) throw new Error(`${STATE} has changed since it was written`);
  const { makings, ...current } = written;
  // earlier versions called the fingerprint `makings`
  const { tensors, fingerprint, ...rest } = parseOptions(stateFile, { fingerprint: makings, ...current }, path);
  const state = await readTensors(join(path, tensors.file), tensors);
  const { step, stage, record, best, anchor, about } = rest;
  return {
    position: { step, stage, record, ...(best && { best }), ...(anchor !== undefined && { anchor }) },
    state,
    about,
    fingerprint,
  };
}

/** Tensor by tensor, because they may be as large as what else the training holds. */
function readTensors(
  path: string,
  { file, bytes, sha256: expected }: { readonly file: string; readonly bytes: number; readonly sha256: string },
): Promise<HostTensors> {
  return withFile(path, async (source) => {
    if (source.size !== bytes) throw new Error(`${file} has ${source.size} bytes instead of ${bytes}`);
    const hash = createSha256();
    const { tensors } = await readSafetensors(source, path, (piece) => hash.update(piece));
    if (hash.hex() !== expected) throw new Error(`${file} has changed since it was written`);
    return tensors;
  });
}
