// The command line, installed and tried.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { installedSize } from './installed-size.mjs';
import { besideTool, expect, facewright, peopleBesideTool, SMALL, write } from './shared.mjs';

export const cli = {
  title: 'the command line is installed, people are drawn, and a small net is trained on them with onnx',
  async run(home, registry, quick) {
    const { at, project, seconds = 0 } = await besideTool(home, 'cli', registry);
    console.log(`  npm install facewright: ${seconds.toFixed(0)} s, and on disk ${installedSize(project)}`);
    write(at, 'facewright.config.json', SMALL);
    const data = quick ? ['--data', await peopleBesideTool(project)] : ['--sample'];
    const told = JSON.parse(await facewright(at, ['run', ...data, '--out', 'run', '--backend', 'onnx', '--json']));
    expect(existsSync(join(at, 'run/report.html')), 'there is a report');
    expect(told.metrics.stages.map(({ loss }) => loss).join() === 'softmax,arcface', 'both stages ran');
    expect(
      /"(engine|backend|name)":"onnx"/.test(readFileSync(join(at, 'run/events.jsonl'), 'utf8')),
      'the engine is onnx',
    );
  },
};
