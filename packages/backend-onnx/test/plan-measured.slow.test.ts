// The memory that a plan says against what a process takes, with and without a limit, which is kept.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const MEASURE = fileURLToPath(new URL('measure-step.mjs', import.meta.url));
const NET = ['64', '0.5', '200'];
const why = existsSync('/proc/self/status') ? undefined : 'the peak of memory is read from /proc';

interface Measured {
  readonly planned: number;
  readonly measured: number;
  readonly recomputed: number;
}

async function measure(batch: number, limit = 0): Promise<Measured> {
  const { stdout } = await promisify(execFile)(process.execPath, [MEASURE, String(batch), String(limit), ...NET]);
  return JSON.parse(stdout) as Measured;
}

test.skipIf(why).each([32, 128])(
  `a step of %i images takes what is planned, and keeps to a limit${why ? ` (skipped: ${why})` : ''}`,
  async (batch) => {
    const free = await measure(batch);
    expect(free.recomputed).toBe(0);
    expectNear(free);
    const limit = 0.8 * free.planned;
    const { measured, recomputed } = await measure(batch, limit);
    expect(recomputed).toBeGreaterThan(0);
    expect(measured).toBeLessThanOrEqual(limit);
  },
);

function expectNear({ planned, measured }: Measured): void {
  expect(planned / measured).toBeGreaterThan(0.9);
  expect(planned / measured).toBeLessThan(1.15);
}
