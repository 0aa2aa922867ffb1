/** What `facewright identify` says of a photo, and of a command line that asks for nothing. */
import { expect, test } from 'vitest';
import { requireSense, textOfPhoto, type PhotoRow } from './identified-photo.js';

const face = (name: string | null, similarity: number | null, first?: string): PhotoRow['faces'][number] => ({
  name,
  similarity,
  box: null,
  candidates: first === undefined ? [] : [{ name: first, similarity: similarity ?? 0 }],
});

test.each<[string, Omit<PhotoRow, 'photo'>, string]>([
  ['a photo that cannot be read', { faces: [], error: 'The file is empty.' }, 'The file is empty.'],
  ['no face', { faces: [] }, 'no face'],
  ['a person of the gallery', { faces: [face('Ada', 0.71, 'Ada')] }, 'Ada (0.710)'],
  ['a stranger', { faces: [face(null, 0.2, 'Ada')] }, 'unknown, most similar to Ada (0.200)'],
  ['an empty gallery', { faces: [face(null, null)] }, 'unknown'],
  [
    'several faces',
    { faces: [face('Ada', 0.71, 'Ada'), face(null, 0.2, 'Bob')] },
    'Ada (0.710); unknown, most similar to Bob (0.200)',
  ],
])('%s', (_, row, text) => expect(textOfPhoto({ photo: 'party.jpg', ...row })).toBe(`party.jpg: ${text}`));

test.each([
  [[], {}, 'There is nothing to identify.'],
  [['a.jpg'], { threshold: 1.5 }, 'A threshold is a cosine between -1 and 1.'],
  [['a.jpg'], { threshold: NaN }, 'A threshold is a cosine between -1 and 1.'],
])('photos %j with %j are refused', (paths, asked, what) => expect(() => requireSense(paths, asked)).toThrow(what));

test.each([
  [['a.jpg'], {}],
  [['a.jpg'], { threshold: -1 }],
  [[], { save: 'people.safetensors' }],
  [[], { forget: ['Ada'] }],
])('photos %j with %j are something to do', (paths, asked) => requireSense(paths, asked));
