/** What `facewright evaluate` says: accuracy, what could not be measured and why, and every kind of image left out. */
import type { GroupFigures, Identification, Verification } from '@facewright/core';
import type { Evaluation } from '@facewright/run';
import { expect, test } from 'vitest';
import { evaluationText } from './evaluation-text.js';

const VERIFICATION = {
  accuracy: 0.9912,
  std: 0.0031,
  pairs: 6000,
  threshold: 0.312,
  eer: 0.0093,
  auc: 0.9987,
  skipped: 0,
  operatingPoints: [
    { far: '1e-3', threshold: 0.41, tar: 0.982, falseAccepts: 3 },
    { far: '1e-6', threshold: null, tar: null, falseAccepts: null },
  ],
} as unknown as Verification;
const scores: Evaluation<string>['scores'] = {
  same: { pairs: 2, min: 0.3, max: 0.8, mean: 0.5 } as Evaluation<string>['scores']['same'],
  different: null,
};
const share = { share: 0.5, low: 0.4, high: 0.6 };
const GROUPS = {
  threshold: 0.3,
  groups: [{ group: 'old', same: 3, different: 4, accuracy: share, falseAcceptRate: share, falseRejectRate: null }],
  gaps: { accuracy: { gap: 0.1, lowest: 'old', highest: 'young' } },
  across: 2,
  ungrouped: 1,
} as unknown as GroupFigures;
const IDENTIFICATION = {
  draws: 5,
  enrolled: 10,
  mated: 40,
  nonMated: 60,
  rank1: 0.9,
  rank1Std: 0.01,
  points: [
    { fpir: 0.1, threshold: 0.4, fnir: 0.2 },
    { fpir: 0.001, threshold: null, fnir: null },
  ],
} as unknown as Identification;
const unread = Array.from({ length: 7 }, (_, index) => ({ path: `${index}.jpg`, reason: 'The file is empty.' }));

test.each<[string, Partial<Evaluation<string>>, Partial<Parameters<typeof evaluationText>[1]>, readonly string[]]>([
  [
    'the figures',
    { verification: VERIFICATION },
    {},
    [
      'accuracy 99.12 % ± 0.31 % on 6,000 pairs, threshold 0.312, equal error rate 0.93 %, area under the curve 0.9987',
      'FAR 1e-3: TAR 98.20 % at threshold 0.410',
      'FAR 1e-6: not enough pairs (1,000,000 different pairs are needed)',
    ],
  ],
  [
    'pairs of one kind have scores alone',
    {},
    {},
    ['2 pairs of one person: cosine similarities from 0.300 to 0.800, mean 0.500'],
  ],
  [
    'images that could not be used',
    { verification: { ...VERIFICATION, skipped: 9 } },
    { skipped: unread },
    [
      '9 pairs skipped: 7 images could not be used',
      '  4.jpg: The file is empty.',
      '  and 2 more; --json lists them all',
    ],
  ],
  [
    'names that differ',
    { verification: VERIFICATION },
    { hint: { listed: 'A/1.jpg', found: 'a/1.jpg', by: 'upper and lower case', count: 3 } },
    ['  "A/1.jpg" is there as "a/1.jpg", and 2 more in the same way: the names differ by upper and lower case.'],
  ],
  [
    'people left out',
    { verification: VERIFICATION },
    { leftOut: { people: 3, pairs: 12, unmatched: ['x'], nearly: [{ name: 'Ann', inPairs: 'Anne' }] } },
    [
      'left out: 12 pairs with 3 of the 4 people; the other 1 is not in the pairs',
      '  "Ann" matched nobody, but the pairs show "Anne": is that the same person?',
    ],
  ],
  [
    'groups',
    { verification: VERIFICATION },
    { groups: GROUPS },
    [
      'by group at threshold 0.300, with 95 % intervals:',
      '  old (3 same, 4 different pairs): accuracy 50.00 % [40.00 %, 60.00 %], false accepts 50.00 % [40.00 %, 60.00 %], false rejects no such pairs',
      'largest gap in accuracy: 10.00 % (old lowest, young highest)',
      'not counted: 2 pairs across groups, 1 with a side in no group',
    ],
  ],
  [
    'identification',
    { verification: VERIFICATION, identification: IDENTIFICATION },
    {},
    [
      'identification, mean of 5 draws: 10 people enrolled with one photo each, 40 probes of them and 60 of others',
      'rank 1: 90.00 % ± 1.00 %',
      'FPIR 0.1: FNIR 20.00 % at threshold 0.400',
      'FPIR 0.001: not enough probes of others (1,000 are needed)',
    ],
  ],
])('%s', (_, evaluation, beside, lines) => {
  const text = evaluationText({ scores, ...evaluation } as Evaluation<string>, { skipped: [], ...beside });
  for (const line of lines)
    expect(
      text.split('\n').find((own) => own.startsWith(line)),
      text,
    ).toBeDefined();
});
