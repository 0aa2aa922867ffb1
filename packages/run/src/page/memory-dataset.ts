/** A prepared dataset in a worker's memory: 37 KB per aligned image of 112×112. */
import {
  sampleColumns,
  type Dataset,
  type DatasetWriter,
  type Exclusion,
  type PreparationSummary,
  type RgbImage,
  type Sample,
} from '@facewright/core';

export interface MemoryDataset extends DatasetWriter {
  /** Available once `finish` was called. */
  dataset(): Dataset;
}

export function createMemoryDataset(): MemoryDataset {
  const samples: Sample[] = [];
  const images: RgbImage[] = [];
  const excluded: Exclusion[] = [];
  let summary: PreparationSummary | undefined;
  return {
    async add(sample, image) {
      samples.push(sample);
      images.push(image);
    },
    async exclude(exclusion) {
      excluded.push(exclusion);
    },
    async finish(made) {
      summary = made;
    },
    async abort() {
      samples.length = images.length = excluded.length = 0;
    },
    dataset() {
      if (!summary) throw new Error('the preparation is not finished');
      return {
        ...sampleColumns(samples),
        directory: 'this page',
        summary,
        exclusions: async function* () {
          yield* excluded;
        },
        read: async (index) => images[index],
        close: async () => undefined,
      };
    },
  };
}
