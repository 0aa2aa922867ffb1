/**
 * The names of the presets, without their contents, so that the command line can list them without loading any part.
 */
export const PRESET_NAMES = ['auto', 'small', 'medium', 'full', 'paper', 'seed', 'insightface-214', 'sample'] as const;
export type PresetName = (typeof PRESET_NAMES)[number];
