/** The command line: one file per command. */
import { Command } from 'commander';
import { addBench } from './commands/bench.js';
import { addClean } from './commands/clean.js';
import { addCompare } from './commands/compare.js';
import { addConfig } from './commands/config.js';
import { addDataset } from './commands/dataset.js';
import { addDetect } from './commands/detect.js';
import { addDoctor } from './commands/doctor.js';
import { addEmbed } from './commands/embed.js';
import { addEvaluate } from './commands/evaluate.js';
import { addExport } from './commands/export.js';
import { addIdentify } from './commands/identify.js';
import { addImport } from './commands/import.js';
import { addModel } from './commands/model.js';
import { addPairs } from './commands/pairs.js';
import { addPlan } from './commands/plan.js';
import { addPlugins } from './commands/plugins.js';
import { addPrepare } from './commands/prepare.js';
import { addRun } from './commands/run.js';
import { addSchema } from './commands/schema.js';
import { addSetup } from './commands/setup.js';
import { addStudio } from './commands/studio.js';
import { addTrain } from './commands/train.js';
import { addWorker } from './commands/worker.js';
import { addGroup, addHints, withHelp } from './help.js';
import { VERSION } from './versions.js';

export function createProgram(): Command {
  const program = withHelp(new Command('facewright'))
    .description('From photos of people to a verified face-recognition model.')
    .version(VERSION)
    .showHelpAfterError('Add --help for the options and examples.')
    .addHelpText(
      'after',
      `
Start here:
  facewright run --sample
  facewright run --data <folder of people> --out <dir>

"facewright <command> --help" shows a command's options and examples.`,
    );
  addGroup(program, 'Everything in one go:', [addRun]);
  addGroup(program, 'Prepare photos:', [addPrepare, addWorker, addClean, addDetect, addDataset]);
  addGroup(program, 'Train:', [addTrain, addPlan, addModel]);
  addGroup(program, 'Judge:', [addEvaluate, addPairs, addCompare]);
  addGroup(program, 'Use the model:', [addIdentify, addEmbed, addExport, addImport]);
  addGroup(program, 'Look and set up:', [addStudio, addDoctor, addSetup, addPlugins, addConfig, addSchema, addBench]);
  addHints(program);
  return program;
}
