// The generators as Nx loads them, with `require`: one for each kind, which `generators.json` names.
'use strict';

const KINDS = [
  'reader',
  'detector',
  'aligner',
  'augmenter',
  'model',
  'loss',
  'optimiser',
  'criterion',
  'backend',
  'logger',
  'cluster',
];

for (const kind of KINDS)
  exports[kind] = (tree, options) => import('./dist/generate.js').then(({ generate }) => generate(kind, tree, options));
