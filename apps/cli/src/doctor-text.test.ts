/** What `facewright doctor` prints on a terminal of 80 columns, kept as files that a person has looked at. */
import { expect, test } from 'vitest';
import { doctorText, type Check, type Findings } from './doctor-text.js';
import { fitted } from './fitted.js';

const CHECKS: readonly Check[] = [
  { name: 'Node', usable: true, device: '22.20.0' },
  { name: 'images (sharp)', usable: true, device: '0.35.5, libvips 8.18.1' },
  {
    name: 'MTCNN weights',
    usable: false,
    reason: 'they are not in the cache and cannot be downloaded: the registry does not answer',
    remedy: 'The first command that detects faces downloads them.',
  },
  { name: 'free disk here', usable: true, device: '81,234 MB' },
];
const XLA: Check = {
  name: 'xla',
  usable: false,
  reason: 'no PJRT plugin is installed',
  remedy: 'facewright setup xla --cuda13, --cuda12, --rocm or --cpu',
};
const ONNX: Check = { name: 'onnx', usable: true, device: 'onnxruntime 1.30.0, cpu, blocked (8 images), 2 threads' };

test.each<[string, Findings]>([
  ['usable', { version: '0.1.0', checks: CHECKS, engines: [XLA, ONNX], chosen: 'onnx' }],
  ['no-engine', { version: '0.1.0', checks: CHECKS, engines: [XLA] }],
])('%s', async (name, findings) => {
  const text = fitted(doctorText(findings), { isTTY: true, columns: 80 });
  for (const line of text.split('\n')) expect([...line].length, line).toBeLessThanOrEqual(80);
  await expect(`${text}\n`).toMatchFileSnapshot(`../../../test/golden/doctor/${name}.txt`);
});
