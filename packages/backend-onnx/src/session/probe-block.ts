/**
 * Finds the block size of onnxruntime's internal NCHWc layout on this machine (8 with AVX2, 16 with AVX-512). It is
 * undocumented, and a wrong one gives wrong numbers without an error. A tiny graph reorders an iota into the layout and
 * convolves it; the resulting order reveals the block size, and everything that `blocked` relies on (scale, shift, sum,
 * activations) must give the right numbers too.
 */
import { floats, int, ints, NCHWC_DOMAIN, OnnxBuilder, text } from '../onnx/builder.js';
import { createSession, type Runtime } from './runtime.js';

const CANDIDATES = [16, 8, 4];
const CHANNELS = 32;
const PIXELS = 3;

/** The block size, or 0 if the layout is missing or differs from expectations. Never throws. */
export async function probeBlock(runtime: Runtime): Promise<number> {
  try {
    const { reordered, steps } = await runProbe(runtime);
    const block = CANDIDATES.find((size) => equal(reordered, blockedIota(size))) ?? 0;
    return block &&
      equal(
        steps,
        blockedIota(block).map((value, i) => Number(scale(channelAt(i, block)) * value - 60 + value < 0)),
      )
      ? block
      : 0;
  } catch {
    return 0;
  }
}

const scale = (channel: number): number => (channel % 2 ? -1 : 2);
/** The channel of the number at this position in blocked memory. */
const channelAt = (place: number, block: number): number =>
  Math.floor(place / (block * PIXELS)) * block + (place % block);

function blockedIota(block: number): number[] {
  return Array.from(
    { length: CHANNELS * PIXELS },
    (_, place) => channelAt(place, block) * PIXELS + (Math.floor(place / block) % PIXELS),
  );
}

const equal = (a: ArrayLike<number>, b: readonly number[]): boolean =>
  a.length === b.length && b.every((value, i) => a[i] === value);

async function runProbe(runtime: Runtime): Promise<{ reordered: Float32Array; steps: Float32Array }> {
  const onnx = new OnnxBuilder();
  const shape = [1, CHANNELS, 1, PIXELS];
  const blocked = onnx.op('ReorderInput', ['x'], { channels_last: int(0) }, NCHWC_DOMAIN);
  const weights = onnx.constant(
    Float32Array.from({ length: CHANNELS }, (_, channel) => scale(channel)),
    [CHANNELS, 1, 1, 1],
  );
  const shift = onnx.constant(new Float32Array(CHANNELS).fill(-60), [CHANNELS]);
  const attributes = {
    group: int(CHANNELS),
    kernel_shape: ints(1, 1),
    strides: ints(1, 1),
    dilations: ints(1, 1),
    pads: ints(0, 0, 0, 0),
    activation: text('HardSigmoid'),
    activation_params: floats(-1e30, 0),
  };
  const steps = onnx.op('Conv', [blocked, weights, shift, blocked], attributes, NCHWC_DOMAIN);
  onnx.rename(blocked, 'reordered');
  onnx.rename(steps, 'steps');
  const info = (name: string) => ({ name, type: 'float32' as const, shape });
  const model = onnx.encode('probe', [info('x')], [info('reordered'), info('steps')]);
  const session = await createSession(runtime, model, { provider: 'cpu', threads: 1, optimise: false });
  try {
    const iota = Float32Array.from({ length: CHANNELS * PIXELS }, (_, i) => i);
    const results = await session.run({ x: new runtime.Tensor('float32', iota, shape) });
    return { reordered: results.reordered.data as Float32Array, steps: results.steps.data as Float32Array };
  } finally {
    await session.release();
  }
}
