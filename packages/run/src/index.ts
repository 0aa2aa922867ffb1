/** Composes and executes runs: composition, stages, run directory, presets. This is the Node side. */
export { packageOf, pluginsOf, type Builtins, type PluginPackage } from './composition/builtins.js';
export type { Composition } from './composition/compose.js';
export { checkCluster, clustersOf } from './composition/clusters.js';
export { composeForData } from './composition/compose-for-data.js';
export {
  backendsOf,
  checkEngine,
  chooseBackend,
  chosenByAuto,
  listEngines,
  tellEngine,
  type EngineRow,
} from './composition/engines.js';
export { backendFor, compose, type Scope } from './composition/from-config.js';
export type { PluginLibrary } from './composition/library.js';
export { openLibrary } from './composition/node-library.js';
export { createRun, type Run, type RunOptions, type RunResult } from './create-run.js';
export { alignedReader, namesItsData, noData, recogniseData } from './data-source.js';
export { PRESET_NAMES, type PresetName } from './presets/names.js';
export { presetFor, presetOf } from './presets/presets.js';
export { SAMPLE_PRESET, type SampleOptions } from './presets/sample.js';
export { failTogether } from './ranks.js';
export { readRunRecord } from './run-directory.js';
export { readEdits, warnOfUnmatched } from './stages/edits.js';
export { evaluate, evaluateDrawn, NothingToCompare, type Evaluation, type ScoreSummary } from './stages/evaluate.js';
export { evaluationDocument, picturesOf, writeEvaluation } from './stages/evaluation-directory.js';
export { pairsOfFile, pairsOfTemplates } from './stages/pair-lists.js';
export { figuresByGroup, readGroups } from './stages/groups.js';
export { nameHint, type NameHint } from './stages/missing-images.js';
export { peopleLeftOut, withoutPeople, type PairSet, type PeopleLeftOut } from './stages/pair-sets.js';
export { closedLibrary } from './composition/library.js';
export { createMemoryDataset } from './page/memory-dataset.js';
export { runInPage, type PageRun, type PageRunOptions } from './page/run-in-page.js';
export { prepareStage } from './stages/prepare.js';
export { alignedImages, type AlignedImages, type SkippedImage } from './stages/verification-images.js';
export { versions } from './versions.js';
