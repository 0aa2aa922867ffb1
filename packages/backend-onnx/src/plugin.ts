/** The backend plugin `onnx`. */
import { definePlugin, messageOf, type Availability, type Backend } from '@facewright/core';
import { z } from 'zod';
import { openOnnxEngine, versionOf } from './engine.js';
import { INSTALL, loadRuntime, PROVIDERS } from './session/runtime.js';

export const onnx = definePlugin({
  meta: { name: 'onnx', kind: 'backend', version: '0.1.0', apiVersion: 1, description: 'onnxruntime: a training step as one compiled graph; the default in Node' },
  options: z.strictObject({
    provider: z.enum(PROVIDERS).default('cpu').describe('what onnxruntime runs on; cuda, webgpu, coreml and dml need a binary that has them'),
    lowering: z.enum(['auto', 'std', 'blocked']).default('auto').describe('std: standard ops in NCHW, on any provider. blocked: twice as fast in training, on cpu. auto: blocked where it works'),
    threads: z.int().positive().optional().describe('default: the physical cores'),
    memory: z.number().positive().optional().describe('GB that a training step may take: where it would take more, part of the forward pass is computed again; default: 80 % of what is free'),
  }),
  create: ({ memory, ...options }, { emit }): Backend => ({
    probe: () => probe(options.provider),
    open: () => openOnnxEngine({ ...options, memoryBytes: memory === undefined ? undefined : memory * 1e9, emit }),
  }),
});

async function probe(provider: string): Promise<Availability> {
  try {
    const runtime = await loadRuntime();
    const supported = runtime.listSupportedBackends().map(({ name }) => name);
    if (!supported.includes(provider)) {
      return { usable: false, reason: `this onnxruntime has no provider "${provider}" (it has ${supported.join(', ')})`, remedy: 'choose another provider, or install an onnxruntime-node binary that has it' };
    }
    return { usable: true, device: `onnxruntime ${versionOf(runtime)}, ${provider}` };
  } catch (error) {
    return { usable: false, reason: messageOf(error).split('\n')[0], remedy: INSTALL };
  }
}
