/** Every plugin that docs/plugins.md shows passes the suite of its kind. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpu } from '@facewright/backend-cpu';
import { createRunContainer, landmarksFrom, pluginContext, type RgbImage } from '@facewright/core';
import {
  testAligner,
  testAugmenter,
  testBackend,
  testCluster,
  testCriterion,
  testDetector,
  testLogger,
  testLoss,
  testModel,
  testOptimiser,
  testReader,
} from '@facewright/testkit';
import { afterAll } from 'vitest';
import cosineMargin from '../../examples/plugins/cosine-margin-loss.js';
import csv from '../../examples/plugins/csv-logger.js';
import eyes from '../../examples/plugins/eyes-aligner.js';
import lion from '../../examples/plugins/lion-optimiser.js';
import lossBelow from '../../examples/plugins/loss-below-criterion.js';
import manifest from '../../examples/plugins/manifest-reader.js';
import occlusion from '../../examples/plugins/occlusion-augmenter.js';
import oneConvolution from '../../examples/plugins/one-convolution-model.js';
import plainBackdrop from '../../examples/own-detector/plain-backdrop-detector.js';
import tcp from '../../examples/plugins/tcp-cluster.js';
import tfjsCpu from '../../examples/plugins/tfjs-cpu-backend.js';

const engine = cpu();

const directory = mkdtempSync(join(tmpdir(), 'facewright-example-'));
afterAll(() => rmSync(directory, { recursive: true }));
for (const name of ['1.jpg', '2.jpg', '3.jpg']) writeFileSync(join(directory, name), name);
writeFileSync(join(directory, 'people.json'), JSON.stringify({ Ben: ['3.jpg'], Ada: ['1.jpg', '2.jpg'] }));
testReader(manifest({ path: join(directory, 'people.json') }), { expected: { Ada: 2, Ben: 1 } });

/** A dark disc in front of a white wall. */
function disc(): RgbImage {
  const inside = (x: number, y: number): boolean => Math.hypot(x - 40, y - 50) < 30;
  const data = Uint8Array.from({ length: 80 * 100 * 3 }, (_, i) => {
    const pixel = Math.floor(i / 3);
    return inside(pixel % 80, Math.floor(pixel / 80)) ? 90 : 250;
  });
  return { width: 80, height: 100, data };
}
testDetector(plainBackdrop(), { photos: [{ name: 'a disc before a wall', image: disc, faces: 1 }] });

testAligner(eyes({ size: 100, apart: 0.4, height: 0.5 }), {
  template: landmarksFrom([
    [30, 50],
    [70, 50],
    [50, 65],
    [36, 80],
    [64, 80],
  ]),
});
testAugmenter(occlusion());
testModel(oneConvolution({ inputSize: 16, channels: 8, embeddingSize: 8 }), { engine });
testLoss(cosineMargin(), { engine });
testOptimiser(lion(), { engine });
testCriterion(lossBelow());
testBackend(tfjsCpu());
testLogger(csv());

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
testCluster(tcp(), {
  open: async () => {
    const shared = { size: 3, host: '127.0.0.1', port: await freePort() };
    const context = pluginContext(createRunContainer(), 'cluster/tcp');
    return Promise.all([0, 1, 2].map(async (rank) => (await tcp({ ...shared, rank }).create(context)).open()));
  },
});
