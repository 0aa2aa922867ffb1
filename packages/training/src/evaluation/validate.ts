/** Loss and accuracy on the validation photos, with the model in inference mode. */
import {
  releaseArray,
  type Cluster,
  type Engine,
  type Executable,
  type HostTensors,
  type Loss,
  type Model,
  type Random,
} from '@facewright/core';
import { labelTensor } from '../data/batches.js';
import { inputBytes, inputTensor, type ImageStore } from '../data/images.js';
import type { ClassColumns } from '../step/class-columns.js';
import { placesOf, type ClassSampler } from '../step/sampled-head.js';
import { validationStep } from '../step/step.js';
import type { LabelledSamples } from '../data/training-set.js';

export interface Validation {
  readonly loss: number;
  /** Without the margin, in [0, 1]. */
  readonly accuracy: number;
  readonly images: number;
}

export interface Validator {
  /** `state` holds the tensors of the training without the optimiser state; `columns` those of a head that is trained on a sample. */
  measure(state: HostTensors, columns?: ClassColumns): Promise<Validation>;
  dispose(): void;
}

export interface ValidatorOptions {
  readonly engine: Engine;
  /** The ranks measure in turn, and all get the same figures. */
  readonly cluster: Pick<Cluster, 'rank' | 'size' | 'allReduce'>;
  readonly model: Model;
  readonly loss: Loss;
  /** At least one. */
  readonly samples: LabelledSamples;
  readonly store: ImageStore;
  /** Maximum images per call. */
  readonly batch: number;
  /** Of a head that is trained on a sample: each batch is measured among its own classes and others, the same each time. */
  readonly sampling?: { readonly sample: ClassSampler; readonly random: Random };
}

export function createValidator({
  engine,
  cluster,
  model,
  loss,
  samples,
  store,
  batch,
  sampling,
}: ValidatorOptions): Validator {
  let executable: Executable | undefined;
  const compile = (state: HostTensors): Executable =>
    engine.compile(validationStep(model, loss), {
      name: 'validation',
      state,
      dynamicAxes: { images: [0], labels: [0] },
      inputsStay: true,
    });
  return {
    async measure(state, columns) {
      const calls = Math.ceil(samples.length / batch);
      /** Loss and hits of every call; zero for those of other ranks. */
      const figures = new Float64Array(2 * calls);
      let weightsWritten = false;
      for (let call = cluster.rank; call < calls; call += cluster.size) {
        const first = call * batch;
        const part = samples.samples.subarray(first, first + batch);
        const own = labelTensor(samples.labels.subarray(first, first + batch));
        const classes = sampling?.sample(own.data, sampling.random.fork(first));
        const weights = { ...(!weightsWritten && state), ...(classes && columns?.take(classes, columns.weights)) };
        if (executable) await executable.writeState(weights);
        else executable = compile(weights);
        weightsWritten = true;
        const pixels = await store.read(part);
        const images = engine.bytes ? inputBytes(pixels, model) : inputTensor(pixels, model);
        const outputs = await executable.run({ images, labels: classes ? placesOf(own, classes) : own });
        releaseArray(images.data);
        releaseArray(pixels);
        figures.set([outputs.loss.data[0] * part.length, outputs.accuracy.data[0] * part.length], 2 * call);
      }
      await cluster.allReduce(figures);
      const mean = (of: number): number => {
        let sum = 0;
        for (let call = 0; call < calls; call++) sum += figures[2 * call + of];
        return sum / samples.length;
      };
      return { loss: mean(0), accuracy: mean(1), images: samples.length };
    },
    dispose: () => executable?.dispose(),
  };
}
