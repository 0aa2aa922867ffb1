// The losses other than softmax and ArcFace, configured for the conformance suite; used by the tests on cpu and wasm.
import {
  adaFace,
  arcFace,
  combinedMargin,
  cosFace,
  curricularFace,
  magFace,
  normalisedSoftmax,
  softmax,
  subCentreArcFace,
} from '../src/index.js';

const ofTheBatch = [
  {
    reason: 'its statistics are those of the batch, a single photo has others',
    tests: ['the loss is the mean over the batch'],
  },
  {
    reason: 'no gradient flows through the statistics; tested in margins.test.ts with them held',
    tests: ['the gradient to the embeddings agrees with finite differences'],
  },
];
const jumps = {
  reason: 'a negative jumps where it turns hard; tested in margins.test.ts',
  tests: ['the gradient to every parameter agrees with finite differences'],
};
/** Each loss with its options, and the suite's clauses that do not apply to it. */
export const suites = [
  ['normalised-softmax', normalisedSoftmax(), {}],
  ['normalised-softmax, smoothed', normalisedSoftmax({ smoothing: 0.1 }), {}],
  ['softmax, smoothed', softmax({ smoothing: 0.1 }), {}],
  ['arcface, smoothed', arcFace({ s: 16, smoothing: 0.1 }), {}],
  ['cosface', cosFace(), {}],
  ['normalised-softmax on a sample', normalisedSoftmax({ sampleRate: 0.5 }), {}],
  ['arcface on a sample', arcFace({ sampleRate: 0.5 }), {}],
  ['arcface with a filter', arcFace({ filterAbove: 0.4 }), {}],
  ['arcface with a filter, smoothed', arcFace({ s: 16, smoothing: 0.1, filterAbove: 0.4 }), {}],
  ['normalised-softmax with a filter', normalisedSoftmax({ filterAbove: 0.4 }), {}],
  ['cosface on a sample with a filter', cosFace({ sampleRate: 0.5, filterAbove: 0.4 }), {}],
  ['combined-margin with a filter', combinedMargin({ filterAbove: 0.4 }), {}],
  ['sub-centre-arcface with a filter', subCentreArcFace({ filterAbove: 0.3 }), {}],
  ['adaface with a filter', adaFace({ filterAbove: 0.4 }), { skip: ofTheBatch }],
  ['magface with a filter', magFace({ lengths: [1, 4], filterAbove: 0.4 }), {}],
  ['curricularface with a filter', curricularFace({ filterAbove: 0.4 }), { skip: [...ofTheBatch, jumps] }],
  ['cosface on a sample', cosFace({ sampleRate: 0.5 }), {}],
  ['combined-margin', combinedMargin({ sampleRate: 0.5 }), {}],
  ['combined-margin, m1 = 0.9', combinedMargin({ m1: 0.9, m2: 0.4, m3: 0.15 }), {}],
  ['combined-margin, m1 = 1.35, continued', combinedMargin({ m1: 1.35, m2: 0, m3: 0, beyond: 'continued' }), {}],
  ['sub-centre-arcface', subCentreArcFace(), {}],
  ['sub-centre-arcface on a sample', subCentreArcFace({ sampleRate: 0.5 }), {}],
  ['softmax on a sample', softmax({ sampleRate: 0.5 }), {}],
  ['adaface', adaFace({ sampleRate: 0.5 }), { skip: ofTheBatch }],
  ['magface', magFace({ lengths: [1, 4], sampleRate: 0.5 }), {}],
  ['magface, all embeddings shorter than counts', magFace(), {}],
  [
    'curricularface',
    curricularFace({ sampleRate: 0.5 }),
    {
      skip: [...ofTheBatch, jumps],
    },
  ],
] as const;
