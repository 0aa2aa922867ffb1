/** The config of a run as a schema: `facewright.config.{ts,js,json,yaml}` and `createRun` take exactly this. */
import { z } from 'zod';
import { fromUser, pluginReference, userSpecifier } from '../plugin/names.js';
import { parseOptions } from '../plugin/schema.js';
import { PHOTO_LIMITS } from '../values/photo-limits.js';

/** A rule of the tier table; the first whose `above` is less than the identity's number of photos holds. */
export const tierRule = z.strictObject({
  name: z.string().min(1),
  above: z.int().min(0).describe('holds for identities with more photos than this (counted before detection)'),
  pick: z.int().min(1).optional().describe('a seeded pick of this many photos'),
  augment: z.array(pluginReference).default([]).describe('augmenters, each adds one image a photo'),
});
export type TierRule = z.infer<typeof tierRule>;

/** The seed's table (Data_Preprocessing/data_preprocessing_cele.py); 30 photos and fewer are dropped. */
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

/** Options of the criterion `plateau`. */
export const plateauRule = z.strictObject({
  window: z.int().min(2).default(200).describe('steps in each of the two windows whose mean losses are compared'),
  minimumGain: z
    .number()
    .min(0)
    .default(0.01)
    .describe('smallest relative fall of the mean loss that still counts as progress'),
  patience: z.int().min(1).default(3).describe('windows in a row without that gain'),
  minimumLoss: z
    .number()
    .min(0)
    .default(0.01)
    .describe('a mean loss this low counts as lingering, however fast it still falls: there is no more to learn'),
});
export type PlateauRule = z.infer<typeof plateauRule>;

/** Options of the criterion `accuracy`. */
export const accuracyRule = z
  .strictObject({
    atLeast: z
      .number()
      .gt(0)
      .max(1)
      .optional()
      .describe('the stage ends once the accuracy on the validation photos is this high'),
    patience: z.int().min(1).optional().describe('it ends after this many validations in a row without a gain'),
    minimumGain: z
      .number()
      .min(0)
      .max(1)
      .default(0.001)
      .describe('smallest rise above the best accuracy so far that counts as a gain'),
  })
  .refine(({ atLeast, patience }) => atLeast !== undefined || patience !== undefined, {
    message: 'give atLeast, patience or both',
  });
export type AccuracyRule = z.infer<typeof accuracyRule>;

/** When a stage ends: the first of these that holds. Each is a criterion plugin; `any` names further ones. */
export const untilRule = z.strictObject({
  steps: z.int().min(1).optional(),
  epochs: z.number().positive().optional(),
  plateau: plateauRule.optional().describe('the loss levels off'),
  accuracy: accuracyRule.optional().describe('the accuracy on the validation photos is high enough, or stops rising'),
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
const final = z.number().min(0).max(1).default(0).describe('share of the rate that is left at the end');

/** How the learning rate goes on after the warm-up. Steps are counted from the stage's start. */
export const scheduleRule = z.discriminatedUnion('name', [
  z.strictObject({ name: z.literal('constant') }),
  z.strictObject({
    name: z.literal('step'),
    at: z.array(z.int().min(1)).min(1).describe('steps at which the rate falls'),
    factor: z.number().positive().lt(1).default(0.1).describe('what it is multiplied by at each'),
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

/** Parameters that stay as they are. */
export const freezeRule = z.strictObject({
  parameters: z
    .array(z.string().min(1))
    .min(1)
    .default(['model'])
    .describe('"model", "head", a group of the model (afterGlobal), or the path of layers (stem, stage1/block2)'),
  steps: z.int().min(1).optional().describe("steps from the stage's start; without it the whole stage"),
});
export type FreezeRule = z.infer<typeof freezeRule>;

/** What the class centres of a stage begin as. */
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
      'with carry, people that the former centres do not know: everybody, where training begins from a model without its centres',
    ),
});
export type InitRule = z.infer<typeof initRule>;

export const stageConfig = z.strictObject({
  loss: pluginReference,
  optimiser: pluginReference.prefault('adam'),
  rate: z.number().positive().default(1e-3).describe('learning rate'),
  warmUp: z.int().min(0).default(0).describe('steps in which the rate rises linearly from 0'),
  schedule: scheduleRule.optional().describe('how the rate goes on after that; constant without it'),
  clipNorm: z
    .number()
    .positive()
    .optional()
    .describe('gradients longer than this, all of them taken as one vector, are shortened to it'),
  freeze: freezeRule.optional().describe('parameters that are not trained in this stage, or not yet'),
  init: initRule.optional().describe('what the class centres begin as'),
  until: untilRule,
});
export type StageConfig = z.infer<typeof stageConfig>;

/** What a training does about a loss that is no number. */
export const guardRule = z.strictObject({
  retries: z
    .int()
    .min(0)
    .default(3)
    .describe('how often a stage goes back to its last good state after a loss that is no number'),
  rateFactor: z.number().positive().lt(1).default(0.5).describe('what its rate is multiplied by each time'),
  chanceAfter: z.int().min(20).default(500).describe('steps of a stage after which an accuracy at chance is told'),
});

export const runConfig = z.strictObject({
  $schema: z.string().optional(),
  data: z.string().optional().describe('folder of one subfolder a person, a landmark list, or a prepared dataset'),
  out: z.string().default('facewright-run').describe('directory of the run'),
  seed: z.int().default(1),
  plugins: z.array(userSpecifier).default([]).describe('packages or files whose plugins can then be used by name'),
  backend: pluginReference.prefault('auto'),
  reader: pluginReference.prefault('folder'),
  detector: pluginReference.prefault('mtcnn'),
  aligner: pluginReference.prefault('five-point'),
  workers: z
    .int()
    .min(0)
    .max(256)
    .optional()
    .describe(
      'threads that prepare photos; 0: none beside the main one; default: one a core, at most 8. In training: images being read and decoded at a time, default 96',
    ),
  limits: z
    .strictObject({
      maxBytes: z
        .int()
        .min(1)
        .default(PHOTO_LIMITS.maxBytes)
        .describe('photos of more bytes are refused before they are read'),
      maxPixels: z
        .int()
        .min(1)
        .default(PHOTO_LIMITS.maxPixels)
        .describe('larger photos are refused before they are decoded'),
      maxSide: z
        .int()
        .min(1)
        .default(PHOTO_LIMITS.maxSide)
        .describe('photos longer than this on either side are refused'),
    })
    .prefault({}),
  faces: z
    .enum(['exactly-one', 'largest', 'all'])
    .default('exactly-one')
    .describe('which faces of a photo are kept; the seed: exactly one'),
  withoutFace: z
    .enum(['leave-out', 'centre'])
    .default('leave-out')
    .describe('a photo in which no face is found: left out, or its middle taken as InsightFace does'),
  tiers: z.array(tierRule).default(SEED_TIERS),
  model: pluginReference.prefault('mobilefacenet'),
  from: z
    .string()
    .min(1)
    .optional()
    .describe(
      'fine-tune: a model directory, a checkpoint or a run that training begins from, in place of drawn weights',
    ),
  batch: z.int().min(2).default(128).describe('images in a step'),
  microBatch: z
    .int()
    .min(2)
    .optional()
    .describe('a step goes over its batch in parts of this many images and updates once: less memory; divides "batch"'),
  flip: z.boolean().default(true).describe('mirror half of the training images'),
  stages: z
    .array(stageConfig)
    .min(1)
    .prefault([
      { loss: 'softmax', optimiser: 'adam', rate: 1e-3, until: { epochs: 40, plateau: {} } },
      { loss: 'arcface', optimiser: 'adam', rate: 5e-4, warmUp: 200, until: { epochs: 40, plateau: {} } },
    ]),
  validation: z
    .strictObject({
      fraction: z.number().min(0).max(0.5).default(0.005).describe('of the photos, drawn before augmentation'),
      minimum: z.int().min(0).default(16).describe('photos at least, where there are enough'),
      everySteps: z.int().min(1).default(200),
    })
    .prefault({}),
  heldOut: z
    .strictObject({
      identities: z
        .number()
        .min(0)
        .default(0.1)
        .describe('people kept out of training for verification: a fraction below 1, else a count'),
      pairs: z.int().min(1).default(3000).describe('same and different pairs, half each, where there are enough'),
    })
    .prefault({}),
  leastPhotos: z
    .int()
    .min(1)
    .default(1)
    .describe(
      'people of whom fewer aligned photos are there are not trained on; the tiers count photos before detection',
    ),
  guard: guardRule.prefault({}),
  licences: z
    .strictObject({ data: z.string().min(1).optional(), weights: z.string().min(1).optional() })
    .optional()
    .describe("of the photos and of the trained weights, in words: for the model's card"),
  loggers: z.array(pluginReference).default([]).describe('further readers of the run\'s events, e.g. "tensorboard"'),
  checkpoint: z
    .strictObject({
      everySteps: z.int().min(1).default(500),
      keep: z.int().min(1).default(3).describe('the last ones'),
      best: z.boolean().default(true).describe('and the one with the highest accuracy on the validation photos'),
    })
    .prefault({}),
});
export type RunConfig = z.infer<typeof runConfig>;
export type RunConfigInput = z.input<typeof runConfig>;

/**
 * The checked config with its defaults. The only way from a config as it is written to one whose plugins can be loaded: what the user wrote goes in
 * here, and names out of data do not fit. `where` names the file, for errors.
 */
export const parseRunConfig = (config: RunConfigInput, where: string): RunConfig =>
  parseOptions(runConfig, config, where);

/** A config as JSON schema, as a config is written. */
export const runConfigJsonSchema = (): Record<string, unknown> =>
  z.toJSONSchema(runConfig, { io: 'input', unrepresentable: 'any', reused: 'inline' });

/** Keys that a run may be given otherwise and still be the same recipe: where it works, on what, and what it keeps. */
export const BESIDE_THE_RECIPE: readonly string[] = [
  '$schema',
  'out',
  'backend',
  'checkpoint',
  'plugins',
  'workers',
  'licences',
] satisfies (keyof RunConfig)[];

/** Types a config file: `export default defineConfig({ … })`. */
export const defineConfig = (config: RunConfigInput): RunConfigInput => config;
