/** Criteria that are wrong in one way each. */
import { definePlugin, type Criterion } from '@facewright/core';
import { testCriterion } from '@facewright/testkit';
import { meta, options } from './shared.js';

type Memory = { readonly steps: number };
/** Ends after 100 steps, and says so. */
const sound: Criterion<Memory> = {
  begin: () => ({ steps: 0 }),
  observe: ({ steps }) => ({ steps: steps + 1 }),
  verdict: ({ steps }) => (steps >= 100 ? { steps } : undefined),
  limit: () => 100,
};
const criterion = (name: string, changes: () => Partial<Criterion<Memory>>): void =>
  testCriterion(
    definePlugin({
      meta: meta('criterion', name),
      options,
      create: () => ({ ...sound, ...changes() }) as unknown as Criterion,
    })(),
  );

criterion('ends-before-it-began', () => ({ verdict: ({ steps }) => ({ steps }) }));
criterion('remembers-a-date', () => ({
  begin: () => ({ steps: 0, since: new Date(0) }),
  observe: ({ steps, ...rest }) => ({ ...rest, steps: steps + 1 }),
}));
criterion('remembers-elsewhere', () => {
  let steps = 0;
  return { begin: () => ({ steps: (steps = 0) }), observe: () => ({ steps: ++steps }) };
});
criterion('promises-too-many-steps', () => ({ least: () => 300 }));
criterion('writes-into-its-memory', () => ({
  observe(memory) {
    (memory as { steps: number }).steps++;
    return memory;
  },
}));
criterion('asks-more-than-its-memory', () => {
  let asked = 0;
  return { verdict: ({ steps }) => (steps >= 100 ? { steps, asked: ++asked } : undefined) };
});
criterion('has-a-number-of-its-own', () => {
  const number = Math.random();
  return { begin: () => ({ steps: 0, number }), observe: ({ steps }) => ({ steps: steps + 1, number }) };
});
criterion('goes-on-beyond-its-limit', () => ({ limit: () => 50 }));
