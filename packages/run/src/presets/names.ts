/** The names of the presets, apart from what they hold: the command line lists them without loading a part. */
export const PRESET_NAMES = ['auto', 'small', 'medium', 'full', 'paper', 'seed', 'insightface-214', 'sample'] as const;
export type PresetName = (typeof PRESET_NAMES)[number];
