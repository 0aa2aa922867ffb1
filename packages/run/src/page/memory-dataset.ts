/** A prepared dataset in a worker's memory: 37 KB per aligned image of 112×112. */
import {
  sampleColumns,
  type Dataset,
  type DatasetWriter,
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
  let summary: PreparationSummary | undefined;
  return {
    async add(sample, image) {
      samples.push(sample);
      images.push(image);
    },
    async finish(made) {
      summary = made;
    },
    async abort() {
      samples.length = images.length = 0;
    },
    dataset() {
      if (!summary) throw new Error('the preparation is not finished');
      return {
        ...sampleColumns(samples),
        directory: 'this page',
        summary,
        read: async (index) => images[index],
        close: async () => undefined,
      };
    },
  };
}
