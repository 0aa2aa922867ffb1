/** A training put together in code: `node main.ts <photos> <run directory>`. */
import { arcFace, createRun, fivePoint, mobileFaceNet, sgd, softmax, wasm } from 'facewright';

const [data = 'photos', out = 'run'] = process.argv.slice(2);

const run = await createRun({
  plugins: [
    fivePoint({ size: 64 }),
    mobileFaceNet({ inputSize: 64, width: 0.25 }),
    softmax(),
    arcFace({ s: 32, m: 0.4 }),
    sgd({ momentum: 0.9 }),
    wasm(),
  ],
  config: {
    data,
    out,
    batch: 16,
    tiers: [{ name: 'all', above: 0, augment: [] }],
    stages: [
      { loss: 'softmax', optimiser: 'sgd', rate: 0.05, until: { steps: 10 } },
      { loss: 'arcface', optimiser: 'sgd', rate: 0.02, until: { steps: 10 } },
    ],
  },
  onEvent: (event) => {
    if (event.type === 'train.step') console.log(`step ${event.step}: loss ${event.loss.toFixed(3)}`);
  },
});
const { model, report } = await run.start();
console.log(`${model}\n${report}`);
