/** Schema of a run's config, as accepted by `facewright.config.{ts,js,json,yaml}` and `createRun`. */
import { z } from 'zod';
import { fromUser, pluginReference, userSpecifier } from '../plugin/names.js';
import { parseOptions } from '../plugin/schema.js';
import { PHOTO_LIMITS } from '../values/photo-limits.js';

/** A row of the tier table. The first row applies whose `above` is less than the person's number of photos. */
export const tierRule = z.strictObject({
  name: z.string().min(1).describe('how the report calls it'),
  above: z.int().min(0).describe('applies to people with more photos than this, counted before detection'),
  pick: z.int().min(1).optional().describe('use this many photos, picked at random from the seed'),
  augment: z.array(pluginReference).default([]).describe('augmenters; each adds one image per photo'),
});
export type TierRule = z.infer<typeof tierRule>;

/**
 * The original project's table (Data_Preprocessing/data_preprocessing_cele.py). People with 30 photos or fewer are
 * dropped.
 */
export const SEED_TIERS: TierRule[] = [
  { name: 'picked', above: 350, pick: 350, augment: [] },
  { name: 'kept', above: 200, augment: [] },
  { name: 'opened', above: 90, augment: [fromUser('opening')] },
  {
    name: 'noised',
    above: 30,
    augment: ['opening', 'gaussian-noise', 'salt-and-pepper'].map((name) => fromUser(name)),
  },
];

/** Options of the `plateau` criterion. */
export const plateauRule = z.strictObject({
  window: z.int().min(2).default(200).describe('steps in each of the two windows whose mean losses are compared'),
  minimumGain: z.number().min(0).default(0.01).describe('smallest relative drop in mean loss that counts as progress'),
  patience: z.int().min(1).default(3).describe('windows in a row without that progress'),
  minimumLoss: z
    .number()
    .min(0)
    .default(0.01)
    .describe(
      'a mean loss this low counts as a plateau, however fast it is still falling: there is nothing left to learn',
    ),
});
export type PlateauRule = z.infer<typeof plateauRule>;

/** Options of the `accuracy` criterion. */
export const accuracyRule = z
  .strictObject({
    atLeast: z.number().gt(0).max(1).optional().describe('end the stage once validation accuracy is this high'),
    patience: z.int().min(1).optional().describe('end the stage after this many validations in a row without a gain'),
    minimumGain: z
      .number()
      .min(0)
      .max(1)
      .default(0.001)
      .describe('smallest improvement on the best accuracy so far that counts as a gain'),
  })
  .refine(({ atLeast, patience }) => atLeast !== undefined || patience !== undefined, {
    message: 'set atLeast, patience or both',
  });
export type AccuracyRule = z.infer<typeof accuracyRule>;

/**
 * When a stage ends: as soon as one of these criteria says so. Each key is a criterion plugin; `any` lists more of
 * them.
 */
export const untilRule = z.strictObject({
  steps: z.int().min(1).optional().describe('this many steps'),
  epochs: z.number().positive().optional().describe('this many times over the training photos'),
  plateau: plateauRule.optional().describe('the loss stops falling'),
  accuracy: accuracyRule.optional().describe('validation accuracy is high enough, or stops rising'),
  any: z.array(pluginReference).min(1).optional().describe('further criteria'),
});
export type UntilRule = z.infer<typeof untilRule>;

const fallsUntil = z
  .int()
  .min(1)
  .optional()
  .describe(
    "the step of the stage at which the rate has fallen to its end; without it the stage's limit of steps or epochs",
  );
const final = z.number().min(0).max(1).default(0).describe('fraction of the rate that is left at the end');

/** The learning rate schedule after warm-up. Steps are counted from the start of the stage. */
export const scheduleRule = z.discriminatedUnion('name', [
  z.strictObject({ name: z.literal('constant') }),
  z.strictObject({
    name: z.literal('step'),
    at: z.array(z.int().min(1)).min(1).describe('steps at which the rate falls'),
    factor: z.number().positive().lt(1).default(0.1).describe('factor the rate is multiplied by at each of them'),
  }),
  z.strictObject({ name: z.literal('cosine'), steps: fallsUntil, final }),
  z.strictObject({
    name: z.literal('polynomial'),
    steps: fallsUntil,
    final,
    power: z.number().positive().default(1).describe('1: linear, as in arcface_torch'),
  }),
]);
export type ScheduleRule = z.infer<typeof scheduleRule>;

/** Parameters to freeze. */
export const freezeRule = z.strictObject({
  parameters: z
    .array(z.string().min(1))
    .min(1)
    .default(['model'])
    .describe('"model", "head", a parameter group of the model (afterGlobal), or a layer path (stem, stage1/block2)'),
  steps: z.int().min(1).optional().describe('number of steps from the start of the stage; default: the whole stage'),
});
export type FreezeRule = z.infer<typeof freezeRule>;

/** How the class centres of a stage are initialised. */
export const initRule = z.strictObject({
  head: z
    .enum(['carry', 'means', 'random'])
    .default('carry')
    .describe(
      "carry: those of the stage before, or of what the training begins from, by the people's names; means: each person's mean embedding; random: as the loss draws them",
    ),
  newcomers: z
    .enum(['means', 'random'])
    .default('means')
    .describe(
      'with carry: how to start centres for people who had none before, which is everybody when training starts from a model without centres',
    ),
});
export type InitRule = z.infer<typeof initRule>;

export const stageConfig = z.strictObject({
  loss: pluginReference.describe('the loss that this stage minimises'),
  optimiser: pluginReference.prefault('adam').describe('how gradients change the parameters'),
  rate: z.number().positive().default(1e-3).describe('learning rate'),
  warmUp: z.int().min(0).default(0).describe('steps over which the rate rises linearly from 0'),
  schedule: scheduleRule.optional().describe('how the rate changes after warm-up; default: constant'),
  clipNorm: z.number().positive().optional().describe('clip gradients to this global norm'),
  freeze: freezeRule.optional().describe('parameters to freeze for this stage, or for its first steps'),
  init: initRule.optional().describe('how the class centres are initialised'),
  until: untilRule.describe('when the stage ends: at the first of these that holds'),
});
export type StageConfig = z.infer<typeof stageConfig>;

/** What training does when the loss is NaN or infinite. */
export const guardRule = z.strictObject({
  retries: z
    .int()
    .min(0)
    .default(3)
    .describe('how many times a stage goes back to its last good state after a loss of NaN or infinity'),
  rateFactor: z.number().positive().lt(1).default(0.5).describe('factor its rate is multiplied by each time'),
  chanceAfter: z
    .int()
    .min(20)
    .default(500)
    .describe('warn if accuracy is still at chance after this many steps of a stage'),
});

export const runConfig = z.strictObject({
  $schema: z.string().optional().describe('where editors find the JSON schema; has no effect on a run'),
  data: z.string().optional().describe('folder with one subfolder per person, a landmark list, or a prepared dataset'),
  edits: z
    .string()
    .min(1)
    .optional()
    .describe('photos to leave out of the data and people to merge: what "facewright clean" has written'),
  out: z.string().default('facewright-run').describe('run directory'),
  seed: z.int().default(1).describe('seed of everything drawn at random: the same seed gives the same run'),
  plugins: z.array(userSpecifier).default([]).describe('packages or files whose plugins you want to use by name'),
  backend: pluginReference
    .prefault('auto')
    .describe('the engine that computes; auto: the first that has an accelerator, else the first that works'),
  cluster: pluginReference
    .prefault('auto')
    .describe(
      'the processes that train together; auto: those that mpirun or srun started, else this process by itself',
    ),
  reader: pluginReference.prefault('folder').describe('lists people and their photos'),
  detector: pluginReference.prefault('mtcnn').describe('finds faces and their landmarks'),
  aligner: pluginReference.prefault('five-point').describe('brings faces to the same place in every image'),
  workers: z
    .int()
    .min(0)
    .max(256)
    .optional()
    .describe(
      'worker threads that prepare photos; 0: use the main thread; default: one per core, at most 8. In training: how many images are read and decoded at once, default 96',
    ),
  limits: z
    .strictObject({
      maxBytes: z
        .int()
        .min(1)
        .default(PHOTO_LIMITS.maxBytes)
        .describe('photos with more bytes are rejected before they are read'),
      maxPixels: z
        .int()
        .min(1)
        .default(PHOTO_LIMITS.maxPixels)
        .describe('photos with more pixels are read at half or a quarter of their size (JPEG), or rejected'),
      maxSide: z
        .int()
        .min(1)
        .default(PHOTO_LIMITS.maxSide)
        .describe('photos longer than this on either side are rejected'),
    })
    .prefault({})
    .describe('photos beyond these are left out and listed'),
  faces: z.enum(['exactly-one', 'largest', 'all']).default('exactly-one').describe('which faces of a photo to keep'),
  withoutFace: z
    .enum(['leave-out', 'centre'])
    .default('leave-out')
    .describe('what to do with a photo without a face: skip it, or use its centre as InsightFace does'),
  tiers: z
    .array(tierRule)
    .default(SEED_TIERS)
    .describe(
      'what happens to a person by their number of photos: the first rule that applies; without one they are left out',
    ),
  model: pluginReference.prefault('mobilefacenet').describe('turns an aligned face into an embedding'),
  from: z
    .string()
    .min(1)
    .optional()
    .describe('fine-tune: a model directory, checkpoint or run to start from instead of random weights'),
  batch: z.int().min(2).default(128).describe('images per step'),
  microBatch: z
    .int()
    .min(2)
    .optional()
    .describe(
      'split each batch into parts of this size and update once per batch (gradient accumulation): needs less memory; must divide "batch"',
    ),
  order: z
    .union([
      z.literal('random'),
      z.strictObject({
        buffer: z
          .int()
          .min(2)
          .describe('images held in memory, a few KB each; more mix better, and must be of many people'),
      }),
    ])
    .default('random')
    .describe(
      'how a set that does not fit in memory is read: random, right for SSDs; or {"buffer": 100000}, for disks and network storage: shards in sequence, in an order drawn each epoch, mixed within a buffer',
    ),
  flip: z.boolean().default(true).describe('mirror half of the training images'),
  stages: z
    .array(stageConfig)
    .min(1)
    .prefault([
      { loss: 'softmax', optimiser: 'adam', rate: 1e-3, until: { epochs: 40, plateau: {} } },
      { loss: 'arcface', optimiser: 'adam', rate: 5e-4, warmUp: 200, until: { epochs: 40, plateau: {} } },
    ])
    .describe('the training, stage by stage'),
  validation: z
    .strictObject({
      fraction: z.number().min(0).max(0.5).default(0.005).describe('fraction of the photos, drawn before augmentation'),
      minimum: z.int().min(0).default(16).describe('minimum number of photos, if there are enough'),
      everySteps: z.int().min(1).default(200).describe('steps between two validations'),
    })
    .prefault({})
    .describe('photos of people in the training that are only used to measure accuracy'),
  heldOut: z
    .strictObject({
      identities: z
        .number()
        .min(0)
        .default(0.1)
        .describe('people held out for verification: a fraction below 1, otherwise a count'),
      pairs: z
        .int()
        .min(1)
        .default(3000)
        .describe('number of pairs, half same and half different, if there are enough'),
    })
    .prefault({})
    .describe('people who are kept out of the training, to verify the model on'),
  leastPhotos: z
    .int()
    .min(1)
    .default(1)
    .describe(
      'people with fewer aligned photos than this are not used in training (tiers count photos before detection)',
    ),
  guard: guardRule.prefault({}).describe('what to do when the loss is not a number, or does not fall'),
  licences: z
    .strictObject({
      data: z.string().min(1).optional().describe('licence of the photos'),
      weights: z.string().min(1).optional().describe('licence of the trained weights'),
    })
    .optional()
    .describe('licences of the photos and of the trained weights, as text for the model card'),
  loggers: z.array(pluginReference).default([]).describe('loggers that receive the run\'s events, e.g. "tensorboard"'),
  checkpoint: z
    .strictObject({
      everySteps: z.int().min(1).default(500).describe('steps between two checkpoints'),
      keep: z.int().min(1).default(3).describe('how many of the latest to keep'),
      best: z.boolean().default(true).describe('also keep the one with the highest validation accuracy'),
    })
    .prefault({})
    .describe('what a training saves, to go on from after a kill'),
});
export type RunConfig = z.infer<typeof runConfig>;
export type RunConfigInput = z.input<typeof runConfig>;

/**
 * Validates a config and fills in defaults. This is the only way to turn a written config into one whose plugins can be
 * loaded: user-written names go in here, and names read from data do not type-check. `where` names the file in errors.
 */
export const parseRunConfig = (config: RunConfigInput, where: string): RunConfig =>
  parseOptions(runConfig, config, where);

/** The JSON schema of a config, in its input form. */
export const runConfigJsonSchema = (): Record<string, unknown> =>
  z.toJSONSchema(runConfig, { io: 'input', unrepresentable: 'any', reused: 'inline' });

/** Keys that may differ without changing the recipe: where the run works, on which data, and what it keeps. */
export const BESIDE_THE_RECIPE: readonly string[] = [
  '$schema',
  'out',
  'backend',
  'cluster',
  'checkpoint',
  'plugins',
  'workers',
  'licences',
] satisfies (keyof RunConfig)[];
