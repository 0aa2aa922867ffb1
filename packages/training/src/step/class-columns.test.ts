/** The numbers of a head's classes in host memory. What a step takes and puts back is tested in sampled-head.test.ts. */
import { filled, hostTensor } from '@facewright/core';
import { expect, test } from 'vitest';
import { ClassColumns } from './class-columns.js';

test.skipIf(process.platform !== 'linux')("an optimiser's memory takes none before a class is seen", () => {
  const [width, identities] = [64, 500_000]; // 128 MB
  const before = process.memoryUsage.rss();
  const zeros = filled([width, identities], 0);
  const columns = new ClassColumns({ 'memory/m/head/params/kernel': zeros }, identities, ['kernel']);
  expect(process.memoryUsage.rss() - before).toBeLessThan(40e6);
  const classes = Uint32Array.of(0, 77_777, identities - 1);
  const rows = hostTensor(
    [width, 3],
    Float32Array.from({ length: width * 3 }, (_, i) => i + 1),
  );
  columns.put(classes, { 'memory/m/head/params/kernel': rows });
  expect(columns.take(classes)).toEqual({ 'memory/m/head/params/kernel': rows });
  expect(process.memoryUsage.rss() - before).toBeLessThan(40e6);
});
