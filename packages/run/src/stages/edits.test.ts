import { sampleColumns, type Dataset, type Identity, type Photo, type Reader, type RunEvent } from '@facewright/core';
import { editReader } from '@facewright/quality';
import { expect, test } from 'vitest';
import { editedDataset, warnOfUnmatched } from './edits.js';

const NOTHING = { drop: [], dropPeople: [], merge: [] };

/** What is told, one line each. */
function listening() {
  const told: string[] = [];
  const emit = (type: RunEvent['type'], { message }: { message?: string }): void =>
    void told.push(`${type}: ${message}`);
  return { told, emit: emit as never };
}

const reader = {
  async *identities(): AsyncGenerator<Identity> {
    for (const name of ['ada', 'bob'])
      yield {
        name,
        photos: [1, 2].map((index): Photo => ({
          id: `${name}/${index}.jpg`,
          identity: name,
          bytes: async () => new Uint8Array(),
        })),
      };
  },
};

async function namesOf(people: Reader): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of people.identities()) names.push(name);
  return names;
}

test('names in the edits that the data do not have are told once, however often the data are read', async () => {
  const { told, emit } = listening();
  const edits = {
    drop: ['ada/1.jpg', 'ada/1.JPG', 'bob/9.jpg'],
    dropPeople: ['Zed'],
    merge: [{ from: 'bob', into: 'Robert' }],
  };
  const edited = editReader(reader, edits, warnOfUnmatched(emit, 'clean.json'));
  for (let round = 0; round < 2; round++) expect(await namesOf(edited)).toEqual(['ada', 'Robert']);
  expect(told).toEqual([
    'notice: The edits in clean.json name 1 person and 2 photos that the data do not have: "Zed", "ada/1.JPG", "bob/9.jpg".',
  ]);
});

test('edits that match all the data say nothing', async () => {
  const { told, emit } = listening();
  const edits = { ...NOTHING, drop: ['ada/1.jpg', 'bob/2.jpg'], merge: [{ from: 'bob', into: 'ada' }] };
  expect(await namesOf(editReader(reader, edits, warnOfUnmatched(emit, 'clean.json')))).toEqual(['ada']);
  expect(told).toEqual([]);
});

test.each([
  ['a photo that is not there', { ...NOTHING, drop: ['ada/1.JPG'] }, true],
  ['a person who is not there', { ...NOTHING, dropPeople: ['Zed'] }, true],
  ['no edits', NOTHING, false],
  ['one photo that is there', { ...NOTHING, drop: ['ada/1.jpg', 'bob/9.jpg'] }, false],
  ['a new name', { ...NOTHING, merge: [{ from: 'bob', into: 'Robert' }] }, false],
])('a prepared dataset and %s', (_, edits, warned) => {
  const { told, emit } = listening();
  const samples = ['ada/1.jpg', 'ada/2.jpg', 'bob/1.jpg'].map((source) => ({
    identity: source.slice(0, 3),
    source,
    kind: 'original',
  }));
  editedDataset({ ...sampleColumns(samples), directory: 'dataset' } as unknown as Dataset, edits, emit, 'clean.json');
  expect(told).toEqual(
    warned ? ['notice: The edits in clean.json change nothing: no photo or person that they name is in dataset.'] : [],
  );
});
