/** The backend plugin `node-gpu`. */
import { definePlugin, messageOf, type Availability, type Backend } from '@facewright/core';
import { z } from 'zod';
import { openTensorFlowEngine, type EngineOptions } from './engine.js';
import { loadKoffi } from './library/load.js';
import { nvidiaDriver } from './library/driver.js';
import { findLibraries, TENSORFLOW_VERSION } from './library/location.js';

export const nodeGpu = definePlugin({
  meta: { name: 'node-gpu', kind: 'backend', version: '0.1.0', apiVersion: 1, description: 'TensorFlow\'s own library: CUDA, and a fast CPU' },
  options: z.strictObject({
    library: z.string().optional().describe('directory with libtensorflow_cc.so.2 and libtensorflow_framework.so.2; default: what "facewright setup node-gpu" made'),
    device: z.enum(['auto', 'cpu', 'gpu']).default('auto').describe('auto: the GPU where there is one'),
    mode: z.enum(['function', 'eager']).default('function').describe('function: a step is captured and run as one TensorFlow function where that is possible; eager: op by op'),
    jit: z.boolean().default(false).describe('compile functions by XLA; for a GPU: on a CPU convolutions are slower with it'),
    fuse: z.boolean().default(true).describe('on a CPU: compile groups of ops that work value by value by XLA, which saves passes over memory'),
    precision: z.enum(['float32', 'bfloat16', 'float16']).default('float32').describe('of activations and their gradients in training steps; state, head and loss are float32 always. bfloat16: a GPU since Ampere, or a processor with AMX or AVX-512 BF16; float16: any GPU with tensor cores; on processors it is slow'),
    lossScaling: z.strictObject({
      initial: z.number().min(1).refine((value) => Number.isInteger(Math.log2(value)), 'is no power of two').default(65536).describe('what the loss is multiplied by at first, a power of two; halved where gradients overflow'),
      growAfter: z.int().positive().default(2000).describe('updates in a row without an overflow after which it is doubled'),
    }).prefault({}).describe('with float16'),
    threads: z.int().positive().optional().describe('threads that one op may use; default: the cores'),
    parallelOps: z.int().positive().optional().describe('ops that run at the same time'),
    memoryGrowth: z.boolean().default(true).describe('take GPU memory as it is needed, not all of it at once'),
    memoryLimit: z.number().positive().optional().describe('MB of GPU memory at most'),
  }),
  create: (options, { emit }): Backend => ({
    probe: () => probe(options),
    async open() {
      const found = findLibraries(options.library);
      if (!found) throw new Error((await probe(options)).reason);
      return openTensorFlowEngine(found.directory, options, emit);
    },
  }),
});

/** Looks for files alone: loading the library takes a second and stays. */
async function probe({ library, device }: Pick<EngineOptions, 'device'> & { library?: string }): Promise<Availability> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return { usable: false, reason: `the TensorFlow library is used on Linux on x86-64, and this is ${process.platform} on ${process.arch}`, remedy: 'Use another engine.' };
  const found = findLibraries(library);
  const gpu = await nvidiaDriver();
  const setup = `facewright setup node-gpu${gpu ? '' : ' --cpu'}`;
  if (!found) return { usable: false, reason: library ? `there is no TensorFlow library in ${library}` : `TensorFlow ${TENSORFLOW_VERSION} is not set up`, remedy: setup };
  try {
    await loadKoffi();
  } catch (error) {
    return { usable: false, reason: `koffi, which calls the library, cannot be loaded: ${messageOf(error).split('\n')[0]}`, remedy: 'npm install --include=optional koffi' };
  }
  if (device === 'gpu' && !gpu) return { usable: false, reason: 'there is no NVIDIA driver', remedy: 'Install NVIDIA\'s driver, or choose the device "cpu".' };
  if (device === 'gpu' && found.variant === 'cpu') return { usable: false, reason: 'TensorFlow is set up for the CPU only', remedy: 'facewright setup node-gpu' };
  const used = device !== 'cpu' && found.variant !== 'cpu' ? gpu : undefined;
  return { usable: true, device: `TensorFlow ${TENSORFLOW_VERSION}, ${used ?? 'CPU'}`, accelerated: used !== undefined };
}
