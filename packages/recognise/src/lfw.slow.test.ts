// A trained network with the paper's structure must reach its known accuracy in this implementation, which requires the
// right axes, padding and pixel scale.
import { readFileSync } from 'node:fs';
import { onnx } from '@facewright/backend-onnx';
import { hostTensor } from '@facewright/core';
import { mobileFaceNet } from '@facewright/models';
import { decodeImage, openZip } from '@facewright/platform/node';
import { sharedData } from '@facewright/test/shared-data';
import { readY1 } from '@facewright/test/y1';
import { openEngine, testContext } from '@facewright/testkit';
import type * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';

const weights = sharedData('models/insightface-y1');
const zip = sharedData('lfw/lfw-112x112.zip');
const pairsFile = sharedData('lfw/pairs.txt');

/** `FACEWRIGHT_LFW_FOLDS=10` runs all 6,000 pairs. */
const FOLDS = Number(process.env.FACEWRIGHT_LFW_FOLDS ?? 2);
/** Mean accuracy in percent over the first folds, each with the threshold of the others. */
const EXPECTED: Record<number, number> = { 2: 99.42, 10: 99.2 };

interface Pair {
  readonly a: string;
  readonly b: string;
  readonly same: boolean;
  readonly fold: number;
}

function readPairs(path: string): Pair[] {
  const [header, ...lines] = readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  const each = Number(header[1]);
  const image = (name: string, number: string): string => `${name}/${name}_${number.padStart(4, '0')}.jpg`;
  return lines.map((fields, i) => {
    const same = fields.length === 3;
    return {
      a: image(fields[0], fields[1]),
      b: same ? image(fields[0], fields[2]) : image(fields[2], fields[3]),
      same,
      fold: Math.floor(i / (2 * each)),
    };
  });
}

async function embedAll(names: readonly string[]): Promise<Map<string, Float32Array>> {
  const archive = await openZip(zip!);
  const engine = await openEngine(onnx());
  const { options, params, statistics } = await readY1(weights!);
  const model = await mobileFaceNet(options).create(testContext());
  const infer = engine.compile(
    (state, { images }) => ({
      outputs: { embeddings: model.apply(state, state, images as tf.Tensor4D, 'infer').embeddings },
    }),
    { state: { ...params, ...statistics } },
  );
  const { offset, scale } = model.inputScale as { offset: number; scale: number };
  const found = new Map<string, Float32Array>();
  for (let start = 0; start < names.length; start += 16) {
    const batch = names.slice(start, start + 16);
    const pixels = new Float32Array(batch.length * 112 * 112 * 3);
    for (const [i, name] of batch.entries()) {
      const { data } = await decodeImage(await archive.bytes(name));
      pixels.set(
        Float32Array.from(data, (v) => (v - offset) * scale),
        i * data.length,
      );
    }
    const { embeddings } = await infer.run({ images: hostTensor([batch.length, 112, 112, 3], pixels) });
    for (const [i, name] of batch.entries())
      found.set(name, (embeddings.data as Float32Array).slice(i * 128, (i + 1) * 128));
  }
  infer.dispose();
  return found;
}

const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, v, i) => sum + v * b[i], 0);
const accuracy = (pairs: readonly (Pair & { score: number })[], threshold: number): number =>
  pairs.filter(({ same, score }) => score > threshold === same).length / pairs.length;

test.skipIf(!weights || !zip || !pairsFile)(
  'InsightFace y1 reaches its LFW accuracy (needs ../shared/data/models/insightface-y1 and lfw)',
  { timeout: 1_200_000 },
  async () => {
    const pairs = readPairs(pairsFile!).filter(({ fold }) => fold < FOLDS);
    const embeddings = await embedAll([...new Set(pairs.flatMap(({ a, b }) => [a, b]))]);
    const scored = pairs.map((pair) => {
      const [a, b] = [embeddings.get(pair.a)!, embeddings.get(pair.b)!];
      return { ...pair, score: dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b)) };
    });
    // the LFW protocol: a fold's threshold is the best one of the other folds
    const thresholds = Array.from({ length: 2001 }, (_, i) => i / 1000 - 1);
    const perFold = Array.from({ length: FOLDS }, (_, fold) => {
      const others = scored.filter((pair) => pair.fold !== fold);
      const best = thresholds.reduce(
        (top, threshold) => {
          const value = accuracy(others, threshold);
          return value > top.value ? { threshold, value } : top;
        },
        { threshold: 0, value: -1 },
      );
      return accuracy(
        scored.filter((pair) => pair.fold === fold),
        best.threshold,
      );
    });
    const mean = (100 * perFold.reduce((sum, value) => sum + value, 0)) / FOLDS;
    console.info(`LFW, ${pairs.length} pairs, ${embeddings.size} images: ${mean.toFixed(2)} %`);
    expect(Math.abs(mean - EXPECTED[FOLDS])).toBeLessThanOrEqual(0.1);
  },
);
