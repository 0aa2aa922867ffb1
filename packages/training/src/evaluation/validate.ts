/** Loss and accuracy on the validation photos, with the model in inference mode. */
import { releaseArray, type Engine, type Executable, type HostTensors, type Loss, type Model } from '@facewright/core';
import { labelTensor } from '../data/batches.js';
import { inputTensor, type ImageStore } from '../data/images.js';
import { validationStep } from '../step/step.js';
import type { LabelledSamples } from '../data/training-set.js';

export interface Validation {
  readonly loss: number;
  /** Without the margin, in [0, 1]. */
  readonly accuracy: number;
  readonly images: number;
}

export interface Validator {
  /** `state` holds the tensors of the training without the optimiser state. */
  measure(state: HostTensors): Promise<Validation>;
  dispose(): void;
}

export interface ValidatorOptions {
  readonly engine: Engine;
  readonly model: Model;
  readonly loss: Loss;
  /** At least one. */
  readonly samples: LabelledSamples;
  readonly store: ImageStore;
  /** Maximum images per call. */
  readonly batch: number;
}

export function createValidator({ engine, model, loss, samples, store, batch }: ValidatorOptions): Validator {
  let executable: Executable | undefined;
  return {
    async measure(state) {
      if (executable) await executable.writeState(state);
      else
        executable = engine.compile(validationStep(model, loss), {
          name: 'validation',
          state,
          dynamicAxes: { images: [0], labels: [0] },
          inputsStay: true,
        });
      let lossSum = 0;
      let hits = 0;
      for (let first = 0; first < samples.length; first += batch) {
        const part = samples.samples.subarray(first, first + batch);
        const labels = labelTensor(samples.labels.subarray(first, first + batch));
        const images = inputTensor(await store.read(part), model);
        const outputs = await executable.run({ images, labels });
        releaseArray(images.data);
        lossSum += outputs.loss.data[0] * part.length;
        hits += outputs.accuracy.data[0] * part.length;
      }
      return { loss: lossSum / samples.length, accuracy: hits / samples.length, images: samples.length };
    },
    dispose: () => executable?.dispose(),
  };
}
