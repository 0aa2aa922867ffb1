// The command line, installed and tried.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { installedSize } from './installed-size.mjs';
import { expect, facewright, project, SMALL, write } from './shared.mjs';

export const cli = {
  title: 'the command line is installed, and the sample is drawn, and a small net trained on it with onnx',
  async run(home, registry) {
    const start = performance.now();
    const at = await project(home, 'cli', registry, ['facewright']);
    const seconds = ((performance.now() - start) / 1e3).toFixed(0);
    console.log(`  npm install facewright: ${seconds} s, and on disk ${installedSize(at)}`);
    write(at, 'facewright.config.json', SMALL);
    const told = JSON.parse(await facewright(at, ['run', '--sample', '--out', 'run', '--backend', 'onnx', '--json']));
    expect(existsSync(join(at, 'run/report.html')), 'there is a report');
    expect(told.metrics.stages.map(({ loss }) => loss).join() === 'softmax,arcface', 'both stages ran');
    expect(
      /"(engine|backend|name)":"onnx"/.test(readFileSync(join(at, 'run/events.jsonl'), 'utf8')),
      'the engine is onnx',
    );
  },
};
