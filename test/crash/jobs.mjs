/** The commands to kill: how each is started, where it writes, and what may exist there after a kill. */
import { join } from 'node:path';

/** Files of a run that contain times. */
const VARYING = /^(events\.jsonl|report\.html|metrics\.json)$/;

export const CONFIG = {
  tiers: [{ name: 'all', above: 0, augment: ['opening', 'gaussian-noise'] }],
  model: { name: 'mobilefacenet', inputSize: 16, width: 0.125, embeddingSize: 8, bottlenecks: [[1, 64, 1, 2]] },
  backend: 'wasm',
  batch: 8,
  stages: [
    { loss: 'softmax', until: { steps: 12 } },
    { loss: 'arcface', optimiser: 'adam', until: { steps: 8 } },
  ],
  validation: { minimum: 2, everySteps: 5 },
  heldOut: { identities: 2, pairs: 20 },
  checkpoint: { everySteps: 3 },
};

/** `resumes`: continues with --resume if a run exists. `whole`: its directory appears completely or not at all. */
export const jobs = ({ list, dataset, model, config }) => [
  { name: 'prepare', whole: true, args: (out) => ['prepare', '--data', list, '--out', out, '--config', config] },
  // replaces a good dataset, which stays until the new one is complete
  {
    name: 'prepare --force',
    whole: true,
    over: dataset,
    args: (out) => ['prepare', '--data', list, '--out', out, '--config', config, '--seed', '2', '--force'],
  },
  {
    name: 'train',
    resumes: true,
    except: VARYING,
    args: (out) => ['train', '--data', dataset, '--out', out, '--config', config],
  },
  {
    name: 'run',
    resumes: true,
    except: VARYING,
    args: (out) => ['run', '--data', list, '--out', out, '--config', config],
  },
  ...['folder', 'webdataset', 'insightface-rec', 'dataset'].map((to) => ({
    name: `convert to ${to}`,
    whole: true,
    args: (out) => ['dataset', 'convert', dataset, '--to', to, '--out', out],
  })),
  ...['onnx', 'tfjs'].map((format) => ({
    name: `export ${format}`,
    whole: true,
    args: (out) => ['export', '--model', model, '--format', format, '--out', out, '--config', config],
  })),
];

export const modelOf = (run) => join(run, 'model');
